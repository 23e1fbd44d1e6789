/** The edges of an uploaded graph, by where they end and by where they begin. */
import type { UploadedEdge, UploadedPort } from "../contract/graph";

export interface EdgeIndex {
  /** Sources of the edges that end in a port of a node. */
  into(nodeId: string, port: string): readonly UploadedPort[];
  /** Names under which the pipeline exposes an output. */
  graphPorts(nodeId: string, port: string): readonly string[];
  /** Every edge that ends elsewhere than in one of `ports` or exposes no output of a node, in words. */
  strays(ports: ReadonlySet<string>): readonly string[];
}

/** How `strays` names a port. */
export const portKey = (nodeId: string, port: string): string => JSON.stringify([nodeId, port]);

export function indexEdges(edges: readonly UploadedEdge[]): EdgeIndex {
  const sources = new Map<string, UploadedPort[]>();
  const exposed = new Map<string, string[]>();
  for (const { source, destination } of edges) {
    const end = keyOf(destination);
    const begin = keyOf(source);
    if (end !== undefined) append(sources, end, source);
    else if (destination.graphPort !== null && begin !== undefined)
      append(exposed, begin, destination.graphPort);
  }
  return {
    into: (nodeId, port) => sources.get(portKey(nodeId, port)) ?? [],
    graphPorts: (nodeId, port) => exposed.get(portKey(nodeId, port)) ?? [],
    strays: (ports) => edges.filter((edge) => isStray(edge, ports)).map(describe),
  };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function keyOf({ nodeId, port }: UploadedPort): string | undefined {
  return nodeId === null || port === null ? undefined : portKey(nodeId, port);
}

function isStray({ source, destination }: UploadedEdge, ports: ReadonlySet<string>): boolean {
  const end = keyOf(destination);
  const begin = keyOf(source);
  if (end !== undefined) return !ports.has(end);
  return destination.graphPort === null || begin === undefined || !ports.has(begin);
}

function describe({ source, destination }: UploadedEdge): string {
  return `an edge from ${portName(source)} to ${portName(destination)}`.slice(0, 200);
}

function portName({ nodeId, port, graphPort }: UploadedPort): string {
  return graphPort ?? `${nodeId ?? "nowhere"}.${port ?? "nothing"}`;
}
