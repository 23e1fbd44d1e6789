/** The orchestration work that the figures are about; everything goes through HTTP. */
import { callJson } from "./caller.mjs";
import { countLiving, readStatus, runToEnd } from "./runningHost.mjs";
import { repeat, summary } from "../statistics.mjs";

/** A chain of `length` activities, run once and checked. */
export async function chain(host, length) {
  const value = await runToEnd(host, "chain", { length });
  if (value !== length) throw new Error(`a chain of ${length} answered ${value}`);
}

export async function fanOut(host, width, times) {
  for (let i = 0; i < 3; i += 1) await runToEnd(host, "fan", { width });
  return repeat(times, async () => {
    const value = await runToEnd(host, "fan", { width });
    if (value !== width) throw new Error(`a fan of ${width} answered ${value}`);
  });
}

/** `count` calls of `one`, `atOnce` at a time: how many a second, and the latencies. */
export async function flood(count, atOnce, one) {
  const samples = [];
  let next = 0;
  const begin = performance.now();
  const client = async () => {
    while (next < count) {
      const i = next++;
      const sent = performance.now();
      await one(i);
      samples.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { perSecond: (count / (performance.now() - begin)) * 1000, latency: summary(samples) };
}

/** Submits through the app's own HTTP function, then waits until every instance has completed. */
export async function manySubmissions(host, count, atOnce) {
  const ids = [];
  const begin = performance.now();
  const accepted = await flood(count, atOnce, async () => {
    const { id } = await callJson(202, "POST", `${host.url}/start/chain`, { length: 3 });
    ids.push(id);
  });
  while ((await countLiving(host)) > 0) await new Promise((next) => setTimeout(next, 20));
  const finishedMs = performance.now() - begin;
  for (const id of ids) {
    const { runtimeStatus } = await readStatus(host, id);
    if (runtimeStatus !== "Completed") throw new Error(`${id} is ${runtimeStatus}`);
  }
  return { ...accepted, finishedMs };
}

/** Milliseconds to read the status of one among the stored instances, drawn from all over them. */
export async function statusOfOne(host, ids, times) {
  return repeat(times, async (round) => {
    const id = ids[Math.floor((round / times) * ids.length)];
    if ((await readStatus(host, id)).instanceId !== id) throw new Error(`${id} was not found`);
  });
}
