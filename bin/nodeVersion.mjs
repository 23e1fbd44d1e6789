// Says whether this Node can run Sluice. Every entry point imports this first, so it must parse on Node 12:
// no newer syntax, no imports.

/** The oldest Node that Sluice runs on; package.json `engines` says the same. */
var oldestNode = [20, 19, 0];

/** The one sentence for a Node that is too old, or null when `version` (such as "20.19.1") is new enough. */
export function tooOldSentence(version, command) {
  var parts = version.split(".").map(Number);
  for (var i = 0; i < oldestNode.length; i += 1) {
    if (parts[i] > oldestNode[i]) return null;
    if (parts[i] < oldestNode[i]) {
      return (
        "Sluice needs Node " +
        oldestNode.slice(0, 2).join(".") +
        " or newer; this is v" +
        version +
        ": install it from https://nodejs.org and run " +
        command +
        " again."
      );
    }
  }
  return null;
}

/** Ends the process with that sentence when this Node is too old. */
export function requireNode(command) {
  var sentence = tooOldSentence(process.versions.node, command);
  if (sentence === null) return;
  console.error(sentence);
  process.exit(1);
}
