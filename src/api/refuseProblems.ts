/** Problems that a room found, as a refusal of the API. */
import type { Problem } from "../model/problem";
import { refuse, type Refusal } from "./answer";
import { isErrorCode } from "./errorCatalogue";

/** What a body asks for cannot be done: 400, or 409 where the state of things forbids it. All problems are told. */
export function refuseProblems(problems: readonly Problem[]): Refusal {
  const [first] = problems;
  if (first === undefined) throw new Error("A refusal needs a problem.");
  const more = problems.length === 1 ? "" : ` ${problems.length - 1} more in the details.`;
  const refusal = refuse(codeOf(first), `${sentence(first)}${more}`, problems);
  return { ...refusal, status: refusal.status === 409 ? 409 : 400 };
}

/** What the URL names is not there, or not to be used: the status of the problem's code. */
export function refuseProblem(problem: Problem): Refusal {
  return refuse(codeOf(problem), sentence(problem), [problem]);
}

function codeOf({ code }: Problem) {
  if (isErrorCode(code)) return code;
  throw new Error(`The catalogue of errors lacks ${code}.`);
}

function sentence({ field, expected, received }: Problem): string {
  return `${field}: ${expected} was expected, ${received} came.`;
}
