"use strict";
/** Loaded before a program: its clock starts at TEST_CLOCK (an ISO instant) and runs on from there. */
const RealDate = Date;
const offset = RealDate.parse(process.env.TEST_CLOCK) - RealDate.now();

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offset);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offset;
  }
};
