use crate::register::Registrar; pub(crate) fn register(_: &mut Registrar) {}
