//! Workers and a server of secure aggregation in one process.

use alloy_primitives::{Address, B256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lux_norm_proof::{Blinding, Terms};
use lux_secagg::{
    Advertising, Aggregate, Assumptions, Client, Context, Masking, Message, Recorded, Roster, Round, Settings, Sharing,
    Signed, WordSize,
};
use std::collections::BTreeSet;
use std::sync::Arc;

pub struct World {
    pub round: Arc<Round>,
    /// In the order of the roster.
    pub clients: Vec<Client>,
    pub accounts: Vec<PrivateKeySigner>,
}

impl World {
    /// Keys are advertised.
    pub fn new(workers: u16, terms: &Terms, number: u64) -> Self {
        let context = Context { chain_id: 96_369, job: B256::repeat_byte(7), round: number };
        let mut accounts: Vec<_> = (0..workers)
            .map(|worker| PrivateKeySigner::from_bytes(&keccak256(worker.to_be_bytes())).unwrap())
            .collect();
        accounts.sort_by_key(PrivateKeySigner::address);
        let job: BTreeSet<Address> = accounts.iter().map(PrivateKeySigner::address).collect();
        let clients: Vec<_> = (0..)
            .zip(&accounts)
            .map(|(worker, account)| Client::new(context, account.address(), seed(worker, number)))
            .collect();
        let mut server = Advertising::new(context, job.clone());
        for (client, account) in clients.iter().zip(&accounts) {
            server.accept(sign(account, client.advertise_keys().message, context.digest())).unwrap();
        }
        let roster = Roster::verify(&context, &job, &server.close().unwrap()).unwrap();
        let assumptions = Assumptions { adversarial_bps: 1_000, dropout_bps: 1_500 };
        let settings = Settings { assumptions, entries: terms.entries(), word: WordSize::U32 };
        let recorded = Recorded { roster: roster.digest(), beacon: B256::repeat_byte(9) };
        let round = Arc::new(Round::new(context, settings, roster, recorded).unwrap());
        Self { round, clients, accounts }
    }

    pub fn blinding(&self, worker: u16) -> Blinding {
        Blinding::derive(&seed(worker, self.clients[0].context().round), self.round.digest())
    }

    pub fn sign<M: Message>(&self, worker: u16, message: M) -> Signed<M> {
        sign(&self.accounts[usize::from(worker)], message, self.round.digest())
    }

    /// Everyone's secrets are shared.
    pub fn share(&mut self) -> Masking<u32> {
        let mut server = Sharing::new(self.round.clone());
        for worker in 0..self.clients.len() as u16 {
            let message = self.clients[usize::from(worker)].share_keys(self.round.clone()).unwrap().message;
            server.accept(self.sign(worker, message)).unwrap();
        }
        server.close().unwrap()
    }

    /// The phases after masking: of whoever is in the sum, all but `silent` answer.
    pub fn finish(&mut self, server: Masking<u32>, silent: u16) -> Aggregate<u32> {
        let mut server = server.close().unwrap();
        let survivors = server.survivors().clone();
        let heard: Vec<u16> = survivors.iter().filter(|worker| *worker != silent).collect();
        for worker in &heard {
            let step = self.clients[usize::from(*worker)].check(&survivors).unwrap();
            server.accept(&self.sign(*worker, step.message)).unwrap();
        }
        let (quorum, mut server) = server.close().unwrap();
        for worker in &heard {
            let step = self.clients[usize::from(*worker)].unmask(&quorum).unwrap();
            server.accept(&self.sign(*worker, step.message)).unwrap();
        }
        server.finish().unwrap()
    }
}

fn seed(worker: u16, round: u64) -> [u8; 32] {
    keccak256([&worker.to_be_bytes()[..], &round.to_be_bytes()].concat()).0
}

fn sign<M: Message>(account: &PrivateKeySigner, message: M, domain: B256) -> Signed<M> {
    let signature = account.sign_hash_sync(&message.digest(domain)).unwrap();
    message.sign(signature)
}
