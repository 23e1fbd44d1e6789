/** With the real git, on repositories of its own. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gitProperties } from "../../../src/sdk/gitProperties";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"];
const git = (...args: string[]): string =>
  execFileSync("git", ["-C", folder.path, ...identity, ...args], { encoding: "utf8" }).trim();

function commit(): string {
  git("init", "--quiet", "--initial-branch", "work");
  folder.write({ "main.py": "1", "lib/a.py": "a" });
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  return git("rev-parse", "HEAD");
}

describe("the git properties of a source directory", () => {
  test("are v1's and MLflow's, with no credentials in the remote's address", async () => {
    const head = commit();
    git("remote", "add", "origin", "https://me:hunter2@example.invalid/team/code.git");
    const properties = await gitProperties(folder.path);
    expect(properties).toEqual({
      "azureml.git.repository_uri": "https://example.invalid/team/code.git",
      "mlflow.source.git.repoURL": "https://example.invalid/team/code.git",
      "azureml.git.branch": "work",
      "mlflow.source.git.branch": "work",
      "azureml.git.commit": head,
      "mlflow.source.git.commit": head,
      "azureml.git.dirty": "False",
    });
    expect(JSON.stringify(properties)).not.toContain("hunter2");
  });

  test("say that the directory was changed, and only of the directory itself", async () => {
    commit();
    folder.write({ "main.py": "changed" });
    expect(await gitProperties(folder.path)).toMatchObject({ "azureml.git.dirty": "True" });
    expect(await gitProperties(join(folder.path, "lib"))).toMatchObject({ "azureml.git.dirty": "False" });
  });

  test("name no branch on a detached head, and no commit before the first", async () => {
    const head = commit();
    git("checkout", "--quiet", "--detach");
    const detached = await gitProperties(folder.path);
    expect(detached).toMatchObject({ "azureml.git.commit": head });
    expect(detached).not.toHaveProperty(["azureml.git.branch"]);
    const empty = temporaryFolder();
    execFileSync("git", ["-C", empty.path, "init", "--quiet", "--initial-branch", "new"]);
    expect(await gitProperties(empty.path)).toEqual({
      "azureml.git.branch": "new",
      "mlflow.source.git.branch": "new",
      "azureml.git.dirty": "False",
    });
    empty.remove();
  });

  test("are none outside a repository, for a directory that is not there, and without git", async () => {
    expect(await gitProperties(folder.path)).toEqual({});
    expect(await gitProperties(join(folder.path, "absent"))).toEqual({});
    commit();
    expect(await gitProperties(folder.path, { command: "no-such-git-here" })).toEqual({});
  });

  test("are left out when git takes too long, instead of holding up the submission", async () => {
    commit();
    expect(await gitProperties(folder.path, { timeLimitMs: 0 })).toEqual({});
  });

  test("run no program that the repository's own settings name", async () => {
    commit();
    const marker = join(folder.path, "ran");
    git("config", "core.fsmonitor", `touch ${marker}`);
    await gitProperties(folder.path);
    expect(existsSync(marker)).toBe(false);
  });
});
