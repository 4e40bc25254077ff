//! An L1 endpoint that fails on command.

use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Methods, RpcModule};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::future::{Future, pending};
use std::sync::Arc;

/// What happens at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never reaches the endpoint; the caller sees an error.
    Refuse,
    /// It takes effect; the caller sees an error.
    LoseAnswer,
    /// The process dies before it is sent.
    DieBefore,
    /// The process dies after it took effect.
    DieAfter,
}

#[derive(Default)]
struct State {
    requests: u64,
    planned: Option<(u64, Fault)>,
    died: bool,
}

/// Counts requests and plans faults. Clones share both.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

/// The process would be dead now.
#[derive(Debug)]
pub struct Died;

impl Faults {
    /// Plans a fault for the request after `skip` others.
    pub fn plan(&self, skip: u64, fault: Fault) {
        let mut state = self.0.lock();
        state.planned = Some((state.requests + skip, fault));
        state.died = false;
    }

    /// Forgets the plan; whether it was still to come.
    pub fn clear(&self) -> bool {
        let mut state = self.0.lock();
        state.died = false;
        state.planned.take().is_some()
    }

    /// Runs `action` until it ends or its process dies.
    pub async fn run<T>(&self, action: impl Future<Output = T>) -> Result<T, Died> {
        let mut action = std::pin::pin!(action);
        std::future::poll_fn(|context| {
            if let std::task::Poll::Ready(value) = action.as_mut().poll(context) {
                return std::task::Poll::Ready(Ok(value));
            }
            match self.0.lock().died {
                true => std::task::Poll::Ready(Err(Died)),
                false => std::task::Poll::Pending,
            }
        })
        .await
    }

    fn next(&self) -> Option<Fault> {
        let mut state = self.0.lock();
        let number = state.requests;
        state.requests += 1;
        let (at, fault) = state.planned?;
        if number < at {
            return None;
        }
        state.planned = None;
        Some(fault)
    }

    async fn die(&self) -> ! {
        self.0.lock().died = true;
        pending().await
    }

    /// `inner` with these faults.
    pub fn wrap(&self, inner: Methods) -> Methods {
        let names: Vec<&'static str> = inner.method_names().collect();
        let mut module = RpcModule::new((self.clone(), inner));
        for name in names {
            module
                .register_async_method(name, move |params, context, _| {
                    let params: Value = params.parse().unwrap_or(json!([]));
                    async move {
                        let (faults, inner) = &*context;
                        let fault = faults.next();
                        match fault {
                            Some(Fault::Refuse) => return Err(failure()),
                            Some(Fault::DieBefore) => faults.die().await,
                            _ => {}
                        }
                        let answer = forward(inner, name, params).await;
                        match fault {
                            Some(Fault::LoseAnswer) => Err(failure()),
                            Some(Fault::DieAfter) => faults.die().await,
                            _ => answer,
                        }
                    }
                })
                .unwrap();
        }
        module.into()
    }
}

fn failure() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32603, "connection lost", None::<()>)
}

async fn forward(methods: &Methods, name: &str, params: Value) -> Result<Value, ErrorObjectOwned> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": name, "params": params }).to_string();
    let (answer, _) = methods.raw_json_request(&request, 1).await.unwrap();
    let mut answer: Value = serde_json::from_str(answer.get()).unwrap();
    match answer.get("error") {
        Some(error) => Err(serde_json::from_value(error.clone()).unwrap()),
        None => Ok(answer["result"].take()),
    }
}
