/**
 * The host under load, killed at random instants. The instants come from a seed: `npm run test:crash -- --kills N
 * --seed S` sets both, and says how far it is.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crashRun } from "./crashRun";
import { crashProgress } from "./crashProgress";
import { seededDice } from "./seededDice";

const kills = Number(process.env["SLUICE_CRASH_KILLS"] ?? 25);
const dice = seededDice(Number(process.env["SLUICE_CRASH_SEED"] ?? 7));
const dist = resolve(__dirname, "..", "..", "dist");
const millisecondsPerKill = 10_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-crash-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

test(
  `loses nothing that it acknowledged and repeats nothing that it committed in ${kills} kills (seed ${dice.seed})`,
  async () => {
    const { onKill, onEnd } = crashProgress(kills, dice.seed);
    const { figures, violations } = await crashRun({ dice, kills, folder, dist, patienceMs: 30_000, onKill });
    onEnd(figures, violations);
    expect(violations).toEqual([]);
    expect(Object.entries(figures).filter(([name, figure]) => name !== "reruns" && figure === 0)).toEqual([]);
  },
  60_000 + kills * millisecondsPerKill,
);
