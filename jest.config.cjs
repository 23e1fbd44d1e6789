/**
 * Five suites: `unit` touches no I/O, `service` meets the real host, storage, Azurite and Python,
 * `conformance` holds the real host to what an Azure Functions app may expect of it,
 * `python` runs what stands in src/python with the interpreter of this machine,
 * `crash` kills the host at random.
 */
const transform = {
  "^.+\\.ts$": [
    "@swc/jest",
    { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
  ],
};
const base = { testEnvironment: "node", transform, extensionsToTreatAsEsm: [] };

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    { ...base, displayName: "unit", testMatch: ["<rootDir>/test/unit/**/*.test.ts"] },
    { ...base, displayName: "service", testMatch: ["<rootDir>/test/service/**/*.test.ts"] },
    { ...base, displayName: "conformance", testMatch: ["<rootDir>/test/conformance/**/*.test.ts"] },
    { ...base, displayName: "python", testMatch: ["<rootDir>/test/python/**/*.test.ts"] },
    { ...base, displayName: "crash", testMatch: ["<rootDir>/test/crash/**/*.test.ts"] },
  ],
  testTimeout: 60_000,
};
