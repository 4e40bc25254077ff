//! A model ready to run many times.

use super::part::Part;
use super::prepare::Prepared;
use super::simd::Level;
use super::spares::Spares;
use super::steps::{BadIndex, Operands};
use super::workers::{Lease, Workers};
use crate::run::{NoWeights, RunError};
use crate::{Bundle, Model, Tensor};
use std::sync::{Arc, Mutex, PoisonError};

/// Failure of a run.
pub type EngineError = RunError<NoWeights>;

/// A model with everything prepared that does not depend on its input. Runs give the same bytes as
/// [`execute`](crate::run::execute), on every processor.
#[derive(Debug)]
pub struct Engine {
    model: Model,
    prepared: Result<Arc<Prepared>, NoWeights>,
    workers: Workers<Job, Done>,
    /// Buffers of runs that ended.
    spares: Mutex<Vec<Spares>>,
}

/// Vector instructions below which a second thread is not worth the hand-over.
const WORTHWHILE: usize = 1 << 13;

/// A part of a node for another thread.
#[derive(Debug)]
struct Job {
    prepared: Arc<Prepared>,
    node: usize,
    operands: Operands,
    start: usize,
    /// For the elements from `start` on.
    out: Tensor,
}

type Done = (Tensor, Result<(), BadIndex>);

fn work(mut job: Job) -> Done {
    let len = job.out.len();
    let step = job.prepared.nodes[job.node].step.as_ref();
    let result = step.map_or(Ok(()), |step| step.compute(&job.operands, job.start, Part::of(&mut job.out, 0, len)));
    (job.out, result)
}

impl Engine {
    /// Prepares a model for this processor, to run with `threads` threads.
    pub fn new(bundle: &Bundle, threads: usize) -> Self {
        Self {
            model: bundle.model.clone(),
            prepared: Prepared::new(bundle, Level::detect()).map(Arc::new),
            workers: Workers::new(threads.saturating_sub(1), work),
            spares: Mutex::default(),
        }
    }

    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Output for `input`: the data of all outputs in order. Of runs at the same time, one has the threads, the others their own.
    ///
    /// # Errors
    ///
    /// If the input is none for this model, or weights are missing.
    pub fn run(&self, input: &[u8]) -> Result<Vec<u8>, EngineError> {
        let (found, expected) = (input.len(), self.model.input_bytes());
        if found != expected {
            return Err(RunError::InputLength { found, expected });
        }
        let prepared = self.prepared.as_ref().map_err(|missing| RunError::Weights(*missing))?;
        let spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let mut run = Run { prepared, lease: self.workers.lease(), spares, values: prepared.constants.clone() };
        let output = run.nodes(input);
        self.spares.lock().unwrap_or_else(PoisonError::into_inner).push(run.spares);
        output
    }
}

/// A run in progress.
struct Run<'a> {
    prepared: &'a Arc<Prepared>,
    lease: Option<Lease<'a, Job, Done>>,
    spares: Spares,
    values: Vec<Option<Arc<Tensor>>>,
}

impl Run<'_> {
    fn nodes(&mut self, input: &[u8]) -> Result<Vec<u8>, EngineError> {
        let model = &self.prepared.model;
        let mut rest = input;
        for (index, _) in model.inputs() {
            let ty = &model.types()[index];
            let (data, tail) = rest.split_at(ty.bytes());
            // A spare one, as it becomes one: buffers that only come in would never be fewer.
            let mut tensor = self.spares.take(ty.dtype, ty.shape.elements());
            tensor.read_bytes(data);
            self.values[index] = Some(Arc::new(tensor));
            rest = tail;
        }
        for (index, node) in self.prepared.nodes.iter().enumerate() {
            let operands: Operands = node.operands.iter().map(|operand| self.value(*operand)).collect();
            self.values[node.value] = Some(match node.step {
                None => operands[0].clone(),
                Some(_) => Arc::new(self.compute(index, &operands).map_err(RunError::Index)?),
            });
            drop(operands);
            for done in &node.done {
                self.values[*done].take().into_iter().for_each(|value| self.spares.release(value));
            }
        }
        let mut out = Vec::with_capacity(model.output_bytes());
        for output in model.outputs() {
            self.value(output.value.into()).write_bytes(&mut out);
        }
        self.values.drain(..).flatten().for_each(|value| self.spares.release(value));
        Ok(out)
    }

    fn value(&self, index: usize) -> Arc<Tensor> {
        self.values[index].clone().expect("checked: nodes take what is before them, until the last one has")
    }

    /// The result of a node: the first part here, each other one on a thread.
    fn compute(&mut self, index: usize, operands: &Operands) -> Result<Tensor, BadIndex> {
        let node = &self.prepared.nodes[index];
        let Some(step) = &node.step else { unreachable!("only called for nodes that compute") };
        let mut result = self.spares.take(node.dtype, node.len);
        let lease = self.lease.as_ref().filter(|_| step.work() > WORTHWHILE);
        let parts = lease.map_or(0, Lease::threads) + 1;
        let granules = node.len.div_ceil(step.granule());
        let boundary = |part: usize| (granules * part / parts * step.granule()).min(node.len);
        let Some(lease) = lease.filter(|_| granules >= parts) else {
            step.compute(operands, 0, Part::of(&mut result, 0, node.len))?;
            return Ok(result);
        };
        for part in 1..parts {
            let (start, end) = (boundary(part), boundary(part + 1));
            let out = self.spares.take(node.dtype, end - start);
            let (prepared, operands) = (self.prepared.clone(), operands.clone());
            lease.give(part - 1, Job { prepared, node: index, operands, start, out });
        }
        let mut outcome = step.compute(operands, 0, Part::of(&mut result, 0, boundary(1)));
        for part in 1..parts {
            let (out, done) = lease.result(part - 1, work);
            Part::of(&mut result, boundary(part), out.len()).copy(&out, 0);
            self.spares.give(out);
            outcome = outcome.and(done);
        }
        outcome.map(|()| result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Lookup;
    use crate::{DType, ModelBuilder, Output, Scale, Shape};

    #[test]
    fn runs_leave_no_more_buffers_than_one_needs() {
        let mut builder = ModelBuilder::default();
        let x = builder.input(DType::I8, Shape::new([4]).unwrap(), Scale::ONE);
        let x = builder.node(Lookup { x, table: Box::new([1; 256]), dtype: DType::I16 }).unwrap();
        let engine = Engine::new(&builder.finish(vec![Output { value: x, scale: Scale::ONE }]).unwrap(), 1);
        for _ in 0..10 {
            engine.run(&[0; 4]).unwrap();
            let spares = engine.spares.lock().unwrap();
            assert_eq!(spares.iter().map(Spares::len).collect::<Vec<_>>(), [2], "of the input and of the output");
        }
    }
}
