//! Workers and a server in one process.

use alloy_primitives::{Address, B256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lux_secagg::{
    Advertising, Aggregate, Assumptions, Checking, Client, ClientError, Context, Masking, Message, Quorum, Recorded,
    Roster, Round, ServerError, Settings, Sharing, Signed, Unmasking, WordSize, WorkerSet, words_to_bytes,
};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const CONTEXT: Context = Context { chain_id: 96_369, job: B256::repeat_byte(7), round: 3 };
pub const SETTINGS: Settings = Settings {
    assumptions: Assumptions { adversarial_bps: 1_000, dropout_bps: 1_500 },
    entries: 37,
    word: WordSize::U32,
};

/// The last phase whose message arrives; 5 for those who stay.
pub type LastPhase = u8;

pub struct World {
    pub round: Arc<Round>,
    /// In the order of the roster.
    pub clients: Vec<Client>,
    pub accounts: Vec<PrivateKeySigner>,
}

impl World {
    pub fn new(workers: u16) -> Self {
        Self::with(workers, SETTINGS, CONTEXT)
    }

    pub fn with(workers: u16, settings: Settings, context: Context) -> Self {
        let mut accounts: Vec<_> = (0..workers).map(account).collect();
        accounts.sort_by_key(|account| account.address());
        let client = |(index, account): (u16, &PrivateKeySigner)| {
            let seed = keccak256([b"seed", &index.to_be_bytes()[..]].concat());
            Client::new(context, account.address(), seed.0)
        };
        let clients: Vec<_> = (0..).zip(&accounts).map(client).collect();

        let mut server = Advertising::new(context, job(&accounts));
        for (client, account) in clients.iter().zip(&accounts) {
            server.accept(sign(account, client.advertise_keys().message, context.digest())).unwrap();
        }
        let roster = Roster::verify(&context, &job(&accounts), &server.close().unwrap()).unwrap();
        let recorded = recorded(&roster);
        let round = Arc::new(Round::new(context, settings, roster, recorded).unwrap());
        Self { round, clients, accounts }
    }

    pub fn sign<M: Message>(&self, index: u16, message: M) -> Signed<M> {
        sign(&self.accounts[usize::from(index)], message, self.round.digest())
    }

    /// Phases 1 and 2 of everyone.
    pub fn shared(&mut self) -> Masking<u32> {
        self.share(&vec![5; self.clients.len()]).unwrap()
    }

    pub fn share(&mut self, last: &[LastPhase]) -> Result<Masking<u32>, ServerError> {
        let mut server = Sharing::new(self.round.clone());
        for index in staying(last, 2) {
            let message = self.clients[usize::from(index)].share_keys(self.round.clone()).unwrap().message;
            server.accept(self.sign(index, message))?;
        }
        server.close()
    }

    pub fn mask(&mut self, mut server: Masking<u32>, last: &[LastPhase]) -> Result<Checking<u32>, ServerError> {
        for index in staying(last, 3) {
            let deliveries = server.delivery(index, &self.none());
            let vector = self.vector(index);
            match self.clients[usize::from(index)].mask(&deliveries, &vector) {
                Ok((step, masked)) => server.accept(&self.sign(index, step.message), &words_to_bytes(&masked))?,
                Err(ClientError::TooFewNeighbours { .. }) => continue,
                Err(error) => panic!("{error}"),
            };
        }
        server.close()
    }

    pub fn check(
        &mut self,
        mut server: Checking<u32>,
        last: &[LastPhase],
    ) -> Result<(Quorum, Unmasking<u32>), ServerError> {
        let survivors = server.survivors().clone();
        for index in staying(last, 4).filter(|index| survivors.contains(*index)) {
            match self.clients[usize::from(index)].check(&survivors) {
                Ok(step) => server.accept(&self.sign(index, step.message))?,
                Err(ClientError::TooFewSurvivors { .. }) => continue,
                Err(error) => panic!("{error}"),
            };
        }
        server.close()
    }

    /// A round in which every worker stays until its phase. Nobody lies, so nobody is refused for another reason than dropouts.
    pub fn run(&mut self, last: &[LastPhase]) -> Result<Aggregate<u32>, ServerError> {
        let server = self.share(last)?;
        let server = self.mask(server, last)?;
        let (quorum, mut server) = self.check(server, last)?;
        for index in staying(last, 5) {
            if let Ok(step) = self.clients[usize::from(index)].unmask(&quorum) {
                server.accept(&self.sign(index, step.message))?;
            }
        }
        server.finish()
    }

    pub fn vector(&self, index: u16) -> Vec<u32> {
        let word = |entry: u32| u32::from(index).wrapping_mul(0x9e37_79b9).rotate_left(entry % 31) ^ entry;
        (0..SETTINGS.entries).map(word).collect()
    }

    pub fn plain_sum(&self, survivors: &WorkerSet) -> Vec<u32> {
        let mut sum = vec![0u32; SETTINGS.entries as usize];
        for index in survivors.iter() {
            sum.iter_mut().zip(self.vector(index)).for_each(|(sum, value)| *sum = sum.wrapping_add(value));
        }
        sum
    }

    pub fn none(&self) -> WorkerSet {
        WorkerSet::empty(self.clients.len() as u16)
    }

    pub fn address(&self, index: u16) -> Address {
        self.accounts[usize::from(index)].address()
    }
}

pub fn staying(last: &[LastPhase], phase: u8) -> impl Iterator<Item = u16> {
    (0u16..).zip(last.to_vec()).filter(move |(_, last)| *last >= phase).map(|(index, _)| index)
}

/// What the chain says once this roster is fixed.
pub fn recorded(roster: &Roster) -> Recorded {
    Recorded { roster: roster.digest(), beacon: B256::repeat_byte(9) }
}

pub fn sign<M: Message>(account: &PrivateKeySigner, message: M, domain: B256) -> Signed<M> {
    let signature = account.sign_hash_sync(&message.digest(domain)).unwrap();
    message.sign(signature)
}

pub fn account(number: u16) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&keccak256(number.to_be_bytes())).unwrap()
}

pub fn job(accounts: &[PrivateKeySigner]) -> BTreeSet<Address> {
    accounts.iter().map(PrivateKeySigner::address).collect()
}
