import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { withoutCredentials } from "../../../src/model/remoteUrl";

test.each([
  ["https://host/a.git", "https://host/a.git"],
  ["https://token@host/a.git", "https://host/a.git"],
  ["https://me:pass@host:8443/a.git", "https://host:8443/a.git"],
  ["https://me:p@ss:w@host/a.git", "https://host/a.git"],
  ["https://host/a.git?token=x#y", "https://host/a.git"],
  ["ssh://git@host/a.git", "ssh://git@host/a.git"],
  ["ssh://git:pass@host:22/a.git", "ssh://git@host:22/a.git"],
  ["git@host:team/a.git", "git@host:team/a.git"],
  ["me:pass@host:team/a.git", "me@host:team/a.git"],
  ["/srv/git/a.git", "/srv/git/a.git"],
  ["C:\\git\\a", "C:\\git\\a"],
])("%j is told as %j", (address, expected) => {
  expect(withoutCredentials(address)).toBe(expected);
});

test("no password of any address is told", () => {
  const word = fc.stringMatching(/^[a-z0-9:@]{1,12}$/);
  fc.assert(
    fc.property(fc.constantFrom("https", "http", "ssh", "git+ssh"), word, (scheme, word_) => {
      expect(withoutCredentials(`${scheme}://user:SECRET${word_}@host/repo`)).not.toContain("SECRET");
    }),
  );
});
