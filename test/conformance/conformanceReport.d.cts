export interface Statement {
  readonly id: string;
  readonly group: string;
  readonly statement: string;
  readonly scope: "in" | "out";
  /** Why it is out of the subset and what to use instead. */
  readonly reason?: string;
}

/** The part of Jest's JSON result that the page is made from. */
export interface JestResult {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

export function renderReport(statements: readonly Statement[], jestResult: JestResult, notes: string): string;

export function unknownIds(statements: readonly Statement[], jestResult: JestResult): string[];
