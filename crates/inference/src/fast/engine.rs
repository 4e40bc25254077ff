//! A model ready to run many times.

use super::place::{BadNode, Place};
use super::prepare::Prepared;
use super::simd::Level;
use super::workers::{Lease, Workers};
use crate::run::{NoWeights, RunError};
use crate::{Bundle, Model};
use std::mem::take;
use std::ops::Range;
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
    /// For each thread, of runs that ended.
    places: Mutex<Vec<Vec<Place>>>,
    /// Work below which a second thread is not worth the hand-over.
    worthwhile: usize,
}

/// Vector instructions that take about as long as a hand-over.
const WORTHWHILE: usize = 1 << 13;

/// A part of a segment for another thread.
#[derive(Debug)]
struct Job {
    prepared: Arc<Prepared>,
    segment: usize,
    units: Range<usize>,
    /// With what the segment takes.
    place: Place,
}

type Done = (Place, Result<(), BadNode>);

fn work(mut job: Job) -> Done {
    let segment = &job.prepared.segments[job.segment];
    let result = job.place.compute(&job.prepared, segment, job.units);
    segment.takes.iter().for_each(|value| job.place.values[*value] = None);
    (job.place, result)
}

impl Engine {
    /// Prepares a model for this processor, to run with `threads` threads.
    pub fn new(bundle: &Bundle, threads: usize) -> Self {
        Self {
            model: bundle.model.clone(),
            prepared: Prepared::new(bundle, Level::detect()).map(Arc::new),
            workers: Workers::new(threads.saturating_sub(1), work),
            places: Mutex::default(),
            worthwhile: WORTHWHILE,
        }
    }

    /// With all threads for every piece of work, however small: what the tests of threads need.
    #[doc(hidden)]
    pub fn hand_over_all(self) -> Self {
        Self { worthwhile: 0, ..self }
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
        let lease = self.workers.lease();
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut run = Run { prepared, lease, places: places.unwrap_or_default(), worthwhile: self.worthwhile };
        let output = run.segments(input);
        if output.is_ok() {
            self.places.lock().unwrap_or_else(PoisonError::into_inner).push(run.places);
        }
        output
    }
}

/// A run in progress.
struct Run<'a> {
    prepared: &'a Arc<Prepared>,
    lease: Option<Lease<'a, Job, Done>>,
    /// The first one has all values, the others parts of some.
    places: Vec<Place>,
    worthwhile: usize,
}

impl Run<'_> {
    fn segments(&mut self, input: &[u8]) -> Result<Vec<u8>, EngineError> {
        let (prepared, model) = (self.prepared, &self.prepared.model);
        let threads = self.lease.as_ref().map_or(0, Lease::threads);
        self.places.resize_with(self.places.len().max(threads + 1), Place::default);
        self.places.iter_mut().for_each(|place| place.values.resize(model.types().len(), None));
        let own = &mut self.places[0];
        let mut rest = input;
        for (index, _) in model.inputs() {
            let ty = &model.types()[index];
            let (data, tail) = rest.split_at(ty.bytes());
            // A spare one, as it becomes one: buffers that only come in would never be fewer.
            let mut tensor = own.spares.take(ty.dtype, ty.shape.elements());
            tensor.read_bytes(data);
            own.values[index] = Some(Arc::new(tensor));
            rest = tail;
        }
        for index in 0..prepared.segments.len() {
            self.segment(index).map_err(|(_, bad)| RunError::Index(bad))?;
            self.places[0].release(prepared.segments[index].done.iter().copied());
        }
        let own = &mut self.places[0];
        let mut out = Vec::with_capacity(model.output_bytes());
        prepared.outputs.iter().for_each(|output| own.value(prepared, *output).write_bytes(&mut out));
        own.release(0..own.values.len());
        Ok(out)
    }

    /// The first part here, each other one on a thread.
    fn segment(&mut self, index: usize) -> Result<(), BadNode> {
        let segment = &self.prepared.segments[index];
        let lease = self.lease.as_ref().filter(|_| segment.work >= self.worthwhile);
        let parts = lease.map_or(1, |lease| lease.threads() + 1).min(segment.units);
        let part = |part: usize| segment.units * part / parts..segment.units * (part + 1) / parts;
        let Some(lease) = lease.filter(|_| parts > 1) else {
            return self.places[0].compute(self.prepared, segment, part(0));
        };
        for index_of_part in 1..parts {
            let mut place = take(&mut self.places[index_of_part]);
            segment.takes.iter().for_each(|value| place.values[*value].clone_from(&self.places[0].values[*value]));
            let (prepared, units) = (self.prepared.clone(), part(index_of_part));
            lease.give(index_of_part - 1, Job { prepared, segment: index, units, place });
        }
        let mut outcome = self.places[0].compute(self.prepared, segment, part(0));
        for index_of_part in 1..parts {
            let (mut place, result) = lease.result(index_of_part - 1, work);
            if outcome.is_ok() && result.is_ok() {
                self.places[0].join(self.prepared, segment, part(index_of_part), &mut place);
            }
            self.places[index_of_part] = place;
            // Of several, that of the first node.
            outcome = match (outcome, result) {
                (Err(a), Err(b)) => Err(a.min(b)),
                (outcome, result) => outcome.and(result),
            };
        }
        outcome
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
            let places = engine.places.lock().unwrap();
            let spares = places.iter().flatten().map(|place| place.spares.len());
            assert_eq!(spares.collect::<Vec<_>>(), [2], "of the input and of the output");
        }
    }
}
