/**
 * What a step's Python must be: the part of v1's environments that decides which interpreter and packages a script
 * meets. It says what was asked for, as it was asked; a compute target decides what it can give.
 * Source: spec azureml-v1.md §1.10, azureml-v1-yaml.md §3.2.
 */
import { z } from "zod";

export interface PythonEnvironment {
  /** Where interpreter and packages come from. */
  readonly python: PythonSource;
  /** Docker image that was named; null = none. */
  readonly dockerImage: string | null;
}

export type PythonSource =
  /** v1's `userManagedDependencies`: this interpreter as it is. A path, or a name that is looked up on `PATH`. */
  | { readonly kind: "interpreter"; readonly path: string }
  | {
      readonly kind: "packages";
      /** A version or a conda or pip specifier, such as `3.10`, `3.10.4` or `>=3.9,<3.12`; null = any. */
      readonly version: string | null;
      /** Lines as in a requirements file. */
      readonly pip: readonly string[];
      /** Entries of a conda file other than Python and pip, as they stand there. */
      readonly conda: readonly string[];
    };

const line = z.string().regex(/^[^\p{Cc}]{1,1024}$/u, "one line of 1 to 1024 characters");

/** Shape of an environment in a definition. */
export const pythonEnvironment = z.strictObject({
  python: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("interpreter"), path: line }),
    z.strictObject({
      kind: z.literal("packages"),
      version: line.nullable().default(null),
      pip: z.array(line).max(1000).default([]),
      conda: z.array(line).max(1000).default([]),
    }),
  ]),
  dockerImage: line.nullable().default(null),
});

const condaFile = z.object({
  dependencies: z.array(z.union([z.string(), z.object({ pip: z.array(z.string()).nullish() })])).nullish(),
});

const section = z.object({
  python: z
    .object({
      userManagedDependencies: z.union([z.boolean(), z.literal(["true", "false"])]).nullish(),
      interpreterPath: z.string().nullish(),
      condaDependencies: condaFile.nullish(),
    })
    .nullish(),
  docker: z.object({ baseImage: z.string().nullish() }).nullish(),
});

/**
 * Reads the `environment` section of a run configuration, its conda file laid in as `python.condaDependencies`.
 * Null = it asks for nothing; undefined = it has not the shape of one.
 */
export function readEnvironmentSection(input: unknown): PythonEnvironment | null | undefined {
  const read = section.safeParse(input);
  if (!read.success) return undefined;
  const { python, docker } = read.data;
  return environmentOf({
    userManaged: String(python?.userManagedDependencies ?? false) === "true",
    interpreterPath: python?.interpreterPath ?? "",
    packages: packagesOf(python?.condaDependencies ?? {}),
    dockerImage: docker?.baseImage ?? "",
  });
}

/** Reads the content of a conda file; undefined = it has not the shape of one. */
export function readCondaFile(input: unknown): PackageSource | undefined {
  const read = condaFile.safeParse(input);
  return read.success ? packagesOf(read.data) : undefined;
}

export type PackageSource = Extract<PythonSource, { readonly kind: "packages" }>;

interface EnvironmentParts {
  readonly userManaged: boolean;
  /** Of no meaning unless `userManaged`, as in v1; empty = v1's default. */
  readonly interpreterPath: string;
  readonly packages: PackageSource;
  /** Empty = none. */
  readonly dockerImage: string;
}

/** v1's default of `interpreterPath`. */
const defaultInterpreter = "python";

/** Null when the parts ask for nothing. */
export function environmentOf(parts: EnvironmentParts): PythonEnvironment | null {
  const { userManaged, interpreterPath, packages, dockerImage } = parts;
  const image = dockerImage === "" ? null : dockerImage;
  if (userManaged) {
    const path = interpreterPath === "" ? defaultInterpreter : interpreterPath;
    return { python: { kind: "interpreter", path }, dockerImage: image };
  }
  const asksForNothing = packages.version === null && packages.pip.length + packages.conda.length === 0;
  return asksForNothing && image === null ? null : { python: packages, dockerImage: image };
}

/** The conda file that says what `packages` says. */
export function condaFileOf({ version, pip, conda }: PackageSource): unknown {
  return {
    dependencies: [
      ...(version === null ? [] : [`python${/^[0-9]/.test(version) ? "=" : ""}${version}`]),
      ...conda,
      ...(pip.length === 0 ? [] : [{ pip }]),
    ],
  };
}

function packagesOf({ dependencies }: z.infer<typeof condaFile>): PackageSource {
  const entries = dependencies ?? [];
  const names = entries.filter((entry) => typeof entry === "string").map((entry) => entry.trim());
  const python = names
    .map((name) => /^python(?![\w-])(.*)$/.exec(name)?.[1])
    .find((rest) => rest !== undefined);
  return {
    kind: "packages",
    version: versionOf(python ?? ""),
    pip: entries
      .flatMap((entry) => (typeof entry === "string" ? [] : (entry.pip ?? [])))
      .map((entry) => entry.trim()),
    conda: names.filter((name) => !/^(python|pip)(?![\w-])/.test(name)),
  };
}

/** `=3.10` is conda's way to say `3.10`; a build after a second sign means nothing to anybody else. */
function versionOf(specifier: string): string | null {
  const text = specifier.replaceAll(/\s+/g, "").replace(/^=(?!=)/, "");
  const version = /^[0-9]/.test(text) ? (text.split("=")[0] ?? "") : text;
  return version === "" ? null : version;
}

/** The images on which v1 builds every environment: named by its SDK, not by a person. */
export function isStandardImage(image: string): boolean {
  return /^mcr\.microsoft\.com\/azureml\/(openmpi|intelmpi|base)/.test(image);
}
