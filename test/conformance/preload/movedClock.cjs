"use strict";
/** Loaded into the host and its worker before their own code: their wall clock differs by what the file TEST_CLOCK says. */
const { readFileSync } = require("node:fs");

const RealDate = Date;

function offset() {
  try {
    return Number(readFileSync(process.env.TEST_CLOCK, "utf8"));
  } catch {
    return 0;
  }
}

if (process.env.TEST_CLOCK) {
  globalThis.Date = class Date extends RealDate {
    constructor(...input) {
      super(...(input.length === 0 ? [RealDate.now() + offset()] : input));
    }

    static now() {
      return RealDate.now() + offset();
    }
  };
}
