//! Chunk proofs against a machine that has nothing else.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{B256, Bytes, keccak256};
use common::{
    generate::Random,
    slow::{Invalid, verify},
    *,
};
use lux_machine::{
    ChunkProof, Host, Machine, Op, Program, RunError, Status, TREE_DEPTH, asm, leaf_hash, merkle_root, prove_chunk,
    trace,
};
use std::collections::BTreeMap;

/// Random pages for the memory.
fn pages(random: &mut Random, count: u64) -> Vec<(u32, Box<[u8; 512]>)> {
    let page = |random: &mut Random| Box::new(std::array::from_fn(|_| random.next() as u8));
    let pages: BTreeMap<_, _> = (0..count)
        .map(|_| (random.below(1 << TREE_DEPTH) as u32 >> random.below(TREE_DEPTH as u64), page(random)))
        .collect();
    pages.into_iter().collect()
}

/// Proves each chunk of a run, as far as there are preimages, and runs it again. Returns the proofs.
fn check(program: &Program, input: B256, host: &mut dyn Host, limit: u64) -> Vec<ChunkProof> {
    let mut machine = Machine::new(program, input);
    let mut proofs = Vec::new();
    while machine.status() == Status::Running && machine.statistics().chunks < limit {
        let pre = machine.state_hash();
        let proof = match machine.prove_chunk(host) {
            Err(RunError::MissingPreimage(_)) => break,
            proof => proof.unwrap(),
        };
        let weight = machine.statistics().weight;
        machine.run_chunk(host).unwrap();
        assert_eq!((proof.pre, proof.post), (pre, machine.state_hash()));
        let run = verify(program.text(), &proof).unwrap();
        assert_eq!(run.post, proof.post);
        assert_eq!(run.touch_order, proof.touch_order);
        assert_eq!(run.code_order, proof.code_pages);
        assert_eq!(run.unused_preimages, 0);
        if machine.status() == Status::Running {
            assert_eq!(run.weight, machine.statistics().weight - weight);
        }
        proofs.push(proof);
    }
    proofs
}

#[test]
fn random_programs_are_proven() {
    let (mut chunks, mut faults, mut touched, mut ecalls) = (0, 0, 0, [0; 5]);
    for seed in 0..150 {
        let mut random = Random(seed);
        let length = 20 + random.below(600) as usize;
        let text = random.text(length);
        let data = pages(&mut random, 8);
        let entry = random.below(8) as u32;
        let program = Program::new(text, entry, data).unwrap();
        let input = input([0; 4].map(|_: i32| random.value()));
        let proofs = check(&program, input, &mut (), 3);
        let mut machine = Machine::new(&program, input);
        let _ = machine.run(&mut (), 3);
        chunks += proofs.len();
        faults += usize::from(machine.status() == Status::Faulted);
        touched += machine.statistics().data_pages;
        ecalls.iter_mut().zip(machine.statistics().ecalls).for_each(|(total, count)| *total += count);
    }
    // The generator must reach what it is for.
    assert!(chunks > 200 && faults < 140 && touched > 1_000, "{chunks} {faults} {touched}");
    assert!(ecalls[0] > 1 && ecalls[2] > 50 && ecalls[3] > 5 && ecalls[4] > 50, "{ecalls:?}");
}

/// Reads all over the memory, hashes, asks for preimages and writes, for a few chunks.
fn busy() -> (Program, B256, BTreeMap<B256, Bytes>) {
    let mut random = Random(7);
    let data = pages(&mut random, 200);
    let preimage = Bytes::from((0..3000u32).map(|k| k as u8).collect::<Vec<_>>());
    let hash = keccak256(&preimage);
    let hash_words = hash.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
    let ask: Vec<u32> = hash_words.zip(10..).flat_map(|(word, register)| asm::li(register, word)).collect();
    let body = [
        ask,
        asm::li(17, 1),
        vec![asm::r(Op::Add, 14, 5, 0)],
        asm::li(15, 3000),
        vec![asm::ECALL, asm::r(Op::Add, 10, 5, 0)],
        asm::li(17, 2),
        asm::li(11, 1000),
        asm::li(12, 0),
        vec![asm::ECALL, asm::i(Op::Ld, 6, 0, 0), asm::r(Op::Add, 5, 5, 6), asm::i(Op::Ld, 6, 5, 0)],
        vec![asm::s(Op::Sd, 6, 5, 1024), asm::i(Op::Addi, 7, 7, -1), asm::b(Op::Beq, 7, 0, 2)],
    ]
    .concat();
    let back = asm::jal(0, -(body.len() as i32));
    let text = [asm::li(7, 60), body, vec![back], asm::halt()].concat();
    (Program::new(text, 0, data).unwrap(), B256::ZERO, BTreeMap::from([(hash, preimage)]))
}

#[test]
fn proofs_of_a_run_are_those_of_its_checkpoints() {
    let (program, input, mut host) = busy();
    let run = trace(&program, input, &mut host, LIMIT).unwrap();
    let proofs = check(&program, input, &mut host, LIMIT);
    assert!(proofs.len() > 5, "{}", proofs.len());
    assert_eq!(proofs.iter().map(|proof| proof.post).collect::<Vec<_>>(), run.checkpoints);
    for (k, proof) in proofs.iter().enumerate() {
        assert_eq!(&prove_chunk(&program, input, &mut host, k as u64).unwrap(), proof);
    }
    let beyond = proofs.len() as u64;
    assert_eq!(prove_chunk(&program, input, &mut host, beyond), Err(RunError::NoSuchChunk(beyond)));
}

#[test]
fn a_proof_without_one_of_its_parts_shows_nothing() {
    let (program, input, mut host) = busy();
    let mut machine = Machine::new(&program, input);
    machine.run_chunk(&mut host).unwrap();
    let proof = machine.prove_chunk(&mut host).unwrap();
    assert!(proof.pages.len() > 20 && proof.preimages.len() > 2);
    for index in 0..proof.pages.len() {
        let mut other = proof.clone();
        other.pages.remove(index);
        assert_eq!(verify(program.text(), &other).err(), Some(Invalid::Pre));
        // Nor does it with the root of what is left: a page that is used is missed.
        let leaves: Vec<_> = proof.pages.iter().map(|(index, page)| (*index, leaf_hash(page))).collect();
        assert_eq!(merkle_root(&leaves, &proof.siblings), Some(proof.memory_root));
        let mut alone = proof.clone();
        alone.pages = vec![proof.pages[index].clone()];
        assert!(verify(program.text(), &alone).is_err());
        let mut changed = proof.clone();
        changed.pages[index].1[511] ^= 1;
        assert_eq!(verify(program.text(), &changed).err(), Some(Invalid::Pre));
    }
    for index in 0..proof.siblings.len() {
        let mut other = proof.clone();
        other.siblings.remove(index);
        assert_eq!(verify(program.text(), &other).err(), Some(Invalid::Pre));
        other.siblings.insert(index, B256::ZERO);
        assert_eq!(verify(program.text(), &other).err(), Some(Invalid::Pre));
    }
    let mut other = proof.clone();
    other.siblings.push(B256::ZERO);
    assert_eq!(verify(program.text(), &other).err(), Some(Invalid::Pre));
    let mut other = proof.clone();
    other.preimages.pop();
    assert_eq!(verify(program.text(), &other).err(), Some(Invalid::MissingPreimage));
}

/// Builds proofs for exactly these pages, to see that each page that is left out is missed.
#[test]
fn each_page_that_a_chunk_touches_is_needed() {
    let (program, input, mut host) = busy();
    let machine = Machine::new(&program, input);
    let proof = machine.prove_chunk(&mut host).unwrap();
    for (index, _) in &proof.pages {
        let mut other = proof.clone();
        other.pages.retain(|(page, _)| page != index);
        // All other pages of the memory, with a tree of their own.
        let data = other.pages.clone();
        let smaller = Program::new(program.text().to_vec(), program.entry(), data).unwrap();
        let touching: Vec<u32> = other
            .pages
            .iter()
            .flat_map(|(page, _)| asm::li(5, 512 * u64::from(*page)).into_iter().chain([asm::i(Op::Ld, 6, 5, 0)]))
            .collect();
        let toucher = Program::new([touching, asm::halt()].concat(), 0, smaller.data().to_vec()).unwrap();
        let siblings = Machine::new(&toucher, input).prove_chunk(&mut ()).unwrap();
        assert_eq!(siblings.pages, other.pages);
        (other.siblings, other.memory_root) = (siblings.siblings, smaller.memory_root());
        other.pre = Machine::new(&smaller, input).state_hash();
        assert_eq!(verify(program.text(), &other).err(), Some(Invalid::MissingPage));
    }
}

#[test]
fn chunks_without_pages_and_with_all_of_them() {
    let proofs = check(&halting(&[]), B256::ZERO, &mut (), 1);
    assert!(proofs[0].pages.is_empty() && proofs[0].siblings.is_empty());
    assert_eq!(merkle_root(&[], &[]), None);
    // The first and the last pages, neighbours and loners.
    for addresses in [vec![0, 1], vec![1, 2], vec![0, 131_071], (0..124).collect(), (0..124).map(|k| k * 585).collect()]
    {
        let touching: Vec<u32> = addresses
            .iter()
            .flat_map(|page| [asm::li(5, 512 * page), vec![asm::s(Op::Sd, 5, 5, 8)]].concat())
            .collect();
        let program = halting(&[&touching]);
        assert_eq!(check(&program, B256::ZERO, &mut (), 1)[0].pages.len(), addresses.len());
    }
}

#[test]
fn snapshots_do_not_change_with_the_machine() {
    let (program, input, mut host) = busy();
    let run = trace(&program, input, &mut host, LIMIT).unwrap();
    let mut machine = Machine::new(&program, input);
    let mut snapshots = vec![machine.clone()];
    while machine.run_chunk(&mut host).unwrap() == Status::Running {
        snapshots.push(machine.clone());
    }
    for (k, mut snapshot) in snapshots.into_iter().enumerate() {
        snapshot.run_chunk(&mut host).unwrap();
        // And in the middle of a chunk.
        let mut copy = snapshot.clone();
        assert_eq!(copy.state_hash(), run.checkpoints[k]);
        for _ in 0..100 {
            let (mut twin, mut other) = (copy.clone(), copy.clone());
            assert_eq!(twin.step(&mut host), other.step(&mut host));
            assert_eq!(twin.state_hash(), other.state_hash());
            copy = twin;
        }
    }
}
