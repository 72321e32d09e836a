// The body of an answer, looked into field by field: a test that reads what is not there fails by itself.

// oxlint-disable-next-line typescript/no-explicit-any -- the one place where a test may be so
export type Json = any;
