/**
 * The address of a git remote without what signs in to it. A user name of SSH is part of the address and stays; a
 * password, and everything before the `@` of other addresses, where tokens stand, goes.
 */
export function withoutCredentials(address: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)@([^?#]*)/i.exec(address);
  const plain = address.replace(/[?#].*$/s, "");
  if (match === null) return plain.replace(/^([^/:@]+):[^/@]*@/, "$1@");
  const [, scheme = "", userInfo = "", rest = ""] = match;
  const user = /ssh$/i.test(scheme) ? `${userInfo.split(":")[0] ?? ""}@` : "";
  return `${scheme}://${user}${rest}`;
}
