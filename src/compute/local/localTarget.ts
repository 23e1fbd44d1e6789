/**
 * The machine that the app runs on, as a compute target: each attempt is a supervised Python process in a
 * folder and a process group of its own, which outlives a crash of the app.
 *
 * Invariants (beyond those of `ComputeTarget`):
 * 1. A script starts only through its folder's `claim`, which one process creates and nobody removes.
 * 2. The supervisor is never this process's to lose: a restart finds it by pid and start mark, and re-attaches.
 * 3. A cancel of an attempt that has not started takes the claim, so that it never will.
 * 4. At most `stepsAtOnce` attempts are prepared or run at the same time; the others wait in the order in which they came.
 * 5. An orderly stop of the app leaves no process behind: what ran is ended and marked as interrupted first.
 */
import { watch } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Datastores } from "../../data/datastores";
import type { Snapshots } from "../../data/snapshots";
import type { Transfer } from "../../data/transfer";
import type { LocalConfig } from "../../workspace/config";
import type { Workspace } from "../../workspace/workspace";
import type { AttemptState, Collected, ComputeTarget, LoggedMetric, StepAttempt } from "../computeTarget";
import { isThere, readCanceledAt, readSupervisor, readTimedOutAt, takeClaim } from "./attemptClaim";
import { attemptFolder, readJson, writeJson, type AttemptFolder } from "./attemptFolder";
import { attemptState, exitRecord, type SupervisorRecord } from "./attemptState";
import { chooseInterpreter } from "./chooseInterpreter";
import { collectAttempt, keepEnvironmentLog, readLastLine, readLiveMetrics } from "./collectAttempt";
import { bulkOfAttempt, bytesBelow, createDiskBudget, type DiskBudget } from "./diskBudget";
import { createEnvironments } from "./environments";
import { followAttempt, type Following } from "./followAttempt";
import { createInterpreters } from "./interpreters";
import { createInputCache } from "./inputCache";
import { prepareAttempt, type PrepareDependencies } from "./prepareAttempt";
import { endTree, forceTree, inheritedEnvironment, isAlive, spawnDetached } from "./processTree";
import { createSlots, type Slots } from "./slots";

interface Dependencies {
  readonly workspace: Workspace;
  readonly local: LocalConfig;
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
  readonly transfer: Transfer;
}

const pythonPath = resolve(__dirname, "..", "..", "..", "src", "python");
const supervisorScript = join(pythonPath, "sluice_supervisor.py");

/** How long a cancelled process tree may take to end by itself. */
const cancelGraceMs = 5_000;

/** The same when the app stops: Ctrl-C promises that everything is gone within five seconds. */
const stopGraceMs = 1_500;

export function createLocalTarget(dependencies: Dependencies): ComputeTarget {
  return new LocalTarget(dependencies);
}

/** A submit that is at work. */
interface Submission {
  /** Settles when it is over. */
  readonly ended: Promise<void>;
  /** Settles when its callers get their answer: earlier, if it takes long. */
  readonly answered: Promise<void>;
  readonly wanted: AbortController;
}

class LocalTarget implements ComputeTarget {
  readonly name = "local";
  readonly kind = "Local";
  readonly #attemptsDir: string;
  readonly #inHand = new Map<string, Submission>();
  readonly #disk: DiskBudget;
  readonly #preparing: PrepareDependencies;
  readonly #choosing: Parameters<typeof chooseInterpreter>[0];
  readonly #watched = new Set<string>();
  readonly #followed = new Map<string, Following>();
  /** Held by attempts that are prepared, or that this process has seen alive; some may have ended since. */
  readonly #slots: Slots;
  #isStopping = false;
  readonly #listeners: ((attemptId: string) => void)[] = [];

  constructor(private readonly dependencies: Dependencies) {
    this.#attemptsDir = join(dependencies.local.dataDir, "app", "attempts");
    const { dataDir, python, diskLimitBytes } = dependencies.local;
    const root = join(dataDir, "app");
    const { log } = dependencies.workspace;
    this.#disk = createDiskBudget({ log, root, limitBytes: diskLimitBytes });
    const onGrown = (bytes: number): void => this.#disk.grown(bytes);
    this.#choosing = {
      interpreters: createInterpreters(python),
      environments: createEnvironments(join(root, "environments"), onGrown),
      defaultPython: python,
    };
    this.#preparing = {
      ...dependencies,
      pythonPath,
      inputCache: createInputCache(join(root, "cache"), onGrown),
    };
    this.#slots = createSlots(dependencies.local.stepsAtOnce);
  }

  onChanged(listener: (attemptId: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Resolves when the script was started, or when the attempt has to wait: for others to end, or for its environment. */
  submit(attempt: StepAttempt): Promise<void> {
    const { attemptId } = attempt;
    const known = this.#inHand.get(attemptId);
    if (known !== undefined) return known.answered;
    if (this.#slots.isHeld(attemptId)) return Promise.resolve();
    const wanted = new AbortController();
    let isLong = false;
    let answerNow: () => void = () => undefined;
    const long = new Promise<void>((answer) => (answerNow = answer));
    const onLong = (): void => {
      isLong = true;
      answerNow();
    };
    const ended = this.#submitInTurn(attempt, wanted.signal, onLong)
      .finally(() => this.#inHand.delete(attemptId))
      // Nobody awaits it any more: whoever hears of the change asks, and submits anew what is not there.
      .finally(() => isLong && this.#tell(attemptId));
    const answered = Promise.race([ended, long]);
    this.#inHand.set(attemptId, { ended, answered, wanted });
    if (this.#slots.isWaiting(attemptId)) onLong();
    return answered;
  }

  async #submitInTurn(attempt: StepAttempt, signal: AbortSignal, onLong: () => void): Promise<void> {
    if ((await this.#slots.take(attempt.attemptId)) === "withdrawn") return;
    let isStarted = false;
    try {
      isStarted = await this.#submit(attempt, signal, onLong);
    } finally {
      if (!isStarted) this.#slots.release(attempt.attemptId);
    }
  }

  /** False when nothing was started. */
  async #submit(attempt: StepAttempt, signal: AbortSignal, onLong: () => void): Promise<boolean> {
    const folder = attemptFolder(this.#attemptsDir, attempt.attemptId);
    await mkdir(folder.root, { recursive: true, mode: 0o700 });
    if (await isThere(folder.file("claim"))) return false;
    if (await isThere(folder.file("rejected.json"))) return false;
    // Asked while the folder is laid out; whoever needs it asks again.
    void this.#choosing.interpreters.resolve(this.#choosing.defaultPython);
    if (!(await isThere(folder.file("attempt.json")))) {
      const prepared = await prepareAttempt(this.#preparing, folder, attempt);
      if (prepared.status === "rejected") {
        await this.#reject(attempt, folder, prepared.reason);
        return false;
      }
    }
    const choice = await chooseInterpreter(this.#choosing, folder, attempt, signal, onLong);
    if (choice.status === "rejected") {
      await this.#reject(attempt, folder, choice.reason);
      return false;
    }
    if (this.#isStopping) throw new Error("The service is stopping: nothing is started any more.");
    return choice.status === "chosen" && this.#start(attempt, folder, choice.python);
  }

  async #start(attempt: StepAttempt, folder: AttemptFolder, python: string): Promise<boolean> {
    const { attemptId } = attempt;
    // An environment is not removed while this names it.
    if (attempt.pythonEnvironment !== null) await writeFile(folder.file("python.txt"), python);
    const child = spawnDetached(python, [supervisorScript, folder.root], {
      cwd: folder.work,
      env: inheritedEnvironment(),
    });
    const failed = await new Promise<Error | undefined>((settle) => {
      child.once("spawn", () => settle(undefined));
      child.once("error", (error) => settle(error));
    });
    if (failed !== undefined) {
      await this.#reject(attempt, folder, `could not start ${python}: ${failed.message}`);
      return false;
    }
    child.once("exit", (code) => void this.#childEnded(attemptId, folder, code));
    this.#follow(attempt, folder);
    return true;
  }

  #follow(attempt: StepAttempt, folder: AttemptFolder): void {
    if (this.#followed.has(attempt.attemptId)) return;
    const pid = async () => (await readSupervisor(folder))?.pid;
    this.#followed.set(attempt.attemptId, followAttempt(this.dependencies, folder, attempt, pid));
  }

  async #reject(attempt: StepAttempt, folder: AttemptFolder, reason: string): Promise<void> {
    await keepEnvironmentLog(this.dependencies, folder, attempt);
    await writeJson(folder.file("rejected.json"), { reason });
    this.#tell(attempt.attemptId);
  }

  async #childEnded(attemptId: string, folder: AttemptFolder, code: number | null): Promise<void> {
    if (!(await isThere(folder.file("claim")))) {
      const reason = `the interpreter ended with exit code ${code ?? "none"} before the script began`;
      await writeJson(folder.file("rejected.json"), { reason });
    }
    this.#ended(attemptId);
  }

  #ended(attemptId: string): void {
    this.#slots.release(attemptId);
    this.#tell(attemptId);
  }

  #tell(attemptId: string): void {
    for (const listener of this.#listeners) listener(attemptId);
  }

  async find(attemptId: string): Promise<AttemptState> {
    const folder = attemptFolder(this.#attemptsDir, attemptId);
    // Asked before who claimed it: a claim that appears in between must not look like one without an owner.
    const claimed = await isThere(folder.file("claim"));
    const supervisor = await readSupervisor(folder);
    const alive = supervisor !== undefined && (await isAlive(supervisor.pid, supervisor.processStartedAt));
    // Read after the liveness check: a process that ended in between has written its record by now.
    const exit = exitRecord.safeParse(await readJson(folder.file("exit.json")));
    const rejected = await readJson(folder.file("rejected.json"));
    const state = attemptState({
      // A slot is held from before the folder is laid out until the process that was started for it has ended.
      inHand: this.#inHand.has(attemptId) || this.#slots.isHeld(attemptId),
      rejected: rejected as { reason: string } | undefined,
      canceledAt: await readCanceledAt(folder),
      timedOutAt: await readTimedOutAt(folder),
      interrupted: await isThere(folder.file("interrupted.json")),
      claimed,
      supervisor,
      supervisorAlive: alive,
      exit: exit.success ? exit.data : undefined,
    });
    if (state.status === "running") {
      this.#slots.hold(attemptId);
      this.#watch(attemptId, folder);
      if (!this.#followed.has(attemptId)) this.#follow(await readRequest(folder), folder);
    } else if (state.status !== "preparing" && state.status !== "unknown") {
      this.#slots.release(attemptId);
    }
    return state;
  }

  /** A process that an earlier app started has no exit event here; its exit record appearing is the sign. */
  #watch(attemptId: string, folder: AttemptFolder): void {
    if (this.#watched.has(attemptId)) return;
    this.#watched.add(attemptId);
    const watcher = watch(folder.root, { persistent: false }, (_event, name) => {
      if (name !== "exit.json") return;
      watcher.close();
      this.#watched.delete(attemptId);
      this.#ended(attemptId);
    });
    watcher.on("error", () => watcher.close());
  }

  async cancel(attemptId: string): Promise<void> {
    const folder = attemptFolder(this.#attemptsDir, attemptId);
    await mkdir(folder.root, { recursive: true, mode: 0o700 });
    const now = this.dependencies.workspace.clock.now();
    const canceledAt = await readCanceledAt(folder);
    if (canceledAt === undefined)
      await writeJson(folder.file("cancel.json"), { canceledAt: now.toISOString() });
    if (await takeClaim(folder)) {
      this.#slots.withdraw(attemptId);
      this.#inHand.get(attemptId)?.wanted.abort();
      return;
    }
    const supervisor = await readSupervisor(folder);
    if (supervisor === undefined || !(await isAlive(supervisor.pid, supervisor.processStartedAt))) return;
    const overdue = canceledAt !== undefined && now.getTime() - Date.parse(canceledAt) >= cancelGraceMs;
    await endTree(supervisor.pid, overdue ? "force" : "ask");
    if (!overdue) setTimeout(() => void forceTree(supervisor), cancelGraceMs).unref();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const [attemptId, { wanted }] of this.#inHand) {
      this.#slots.withdraw(attemptId);
      wanted.abort();
    }
    await Promise.allSettled([...this.#inHand.values()].map(({ ended }) => ended));
    await this.#choosing.environments.settled();
    await Promise.all(this.#slots.held().map((attemptId) => this.#interrupt(attemptId)));
    await Promise.all([...this.#followed.values()].map((following) => following.stop()));
    await this.#disk.stop();
  }

  async #interrupt(attemptId: string): Promise<void> {
    const folder = attemptFolder(this.#attemptsDir, attemptId);
    const isOver = async (supervisor: SupervisorRecord | undefined): Promise<boolean> =>
      supervisor !== undefined && !(await isAlive(supervisor.pid, supervisor.processStartedAt));
    if (await isOver(await readSupervisor(folder))) return;
    const interruptedAt = this.dependencies.workspace.clock.now().toISOString();
    await writeJson(folder.file("interrupted.json"), { interruptedAt });
    if (await takeClaim(folder)) return;
    const supervisor = await readSupervisor(folder);
    if (supervisor === undefined) return;
    await endTree(supervisor.pid, "ask");
    for (let waited = 0; waited < stopGraceMs && !(await isOver(supervisor)); waited += 20) await sleep(20);
    // Also when the leader is gone: a child of the script may not be.
    await endTree(supervisor.pid, "force");
    for (let waited = 0; waited < stopGraceMs && !(await isOver(supervisor)); waited += 20) await sleep(20);
  }

  async collect(attempt: StepAttempt): Promise<Collected> {
    const folder = attemptFolder(this.#attemptsDir, attempt.attemptId);
    const following = this.#followed.get(attempt.attemptId);
    await following?.stop();
    const collected = await collectAttempt(this.dependencies, folder, attempt, following);
    this.#followed.delete(attempt.attemptId);
    void this.#measure(folder);
    return collected;
  }

  /** What an attempt leaves behind counts from when it could go. */
  async #measure(folder: AttemptFolder): Promise<void> {
    const sizes = await Promise.all(bulkOfAttempt.map((part) => bytesBelow(join(folder.root, part))));
    this.#disk.grown(sizes.reduce((sum, size) => sum + size, 0));
  }

  lastLogLine(attemptId: string): Promise<string> {
    return readLastLine(attemptFolder(this.#attemptsDir, attemptId));
  }

  liveMetrics(attemptId: string): Promise<readonly LoggedMetric[]> {
    return readLiveMetrics(attemptFolder(this.#attemptsDir, attemptId));
  }
}

/** What was asked for, as a process that did not submit it finds it. */
async function readRequest(folder: AttemptFolder): Promise<StepAttempt> {
  return (await readJson(folder.file("request.json"))) as StepAttempt;
}
