"use strict";
/** What the functions of this app did, in the file that the test names, one JSON line each. */
const { appendFileSync, existsSync } = require("node:fs");

exports.journal = (what, detail = null) => {
  if (process.env.TEST_JOURNAL)
    appendFileSync(process.env.TEST_JOURNAL, `${JSON.stringify([what, detail])}\n`);
};

/** Blocks the whole process until the file is there, as code that computes does. */
exports.blockUntil = (file) => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(cell, 0, 0, 5);
};
