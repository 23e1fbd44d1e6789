/** What the API says while the app's settings are missing or wrong: the same to everybody, and never a value. */
import { randomUUID } from "node:crypto";
import type { Health } from "../contract/health";
import type { Problem } from "../model/problem";
import { json, refuse } from "./answer";
import type { Api } from "./createApi";
import { writeAnswer } from "./writeAnswer";

export function createUnconfiguredApi(problems: readonly Problem[]): Api {
  const told = problems.map(({ field, expected }) => `${field}: ${expected} is missing.`);
  return {
    handle({ path }) {
      const context = { shape: "arm" as const, correlationId: randomUUID(), now: new Date() };
      const health: Health = { status: "unhealthy", problems: told };
      const isHealth = path.toLowerCase() === "/health";
      const answer = isHealth ? json(health, 503) : refuse("ConfigurationInvalid", told.join(" "), problems);
      return Promise.resolve(writeAnswer(answer, context));
    },
  };
}
