import { createHmac } from "node:crypto";

import { describe, expect, test } from "@jest/globals";

import { compareHeaderNames } from "../../../src/host/storage/auth/headerOrder";
import {
  accountSasText,
  blobSasText,
  sharedKeyLiteText,
  sharedKeyText,
  tableSasText,
  type SignedCall,
} from "../../../src/host/storage/auth/stringToSign";
import { parseQuery } from "../../../src/host/storage/http/storageRequest";

function call(method: string, path: string, query: string, headers: Record<string, string>): SignedCall {
  return {
    method,
    rawPath: path,
    query: parseQuery(query),
    header: (name) => headers[name],
    msHeaders: Object.keys(headers).filter((name) => name.startsWith("x-ms-")),
  };
}

describe("Shared Key", () => {
  test("signs the documented text for a container call", () => {
    const headers = { "x-ms-date": "Fri, 26 Jun 2015 23:39:12 GMT", "x-ms-version": "2015-02-21" };
    const text = sharedKeyText(
      "blob",
      "myaccount",
      call("GET", "/mycontainer", "restype=container&comp=metadata&timeout=20", headers),
    );
    expect(text).toBe(
      "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20",
    );
  });

  test("leaves a Content-Length of zero empty and keeps others", () => {
    const text = (length: string): string =>
      sharedKeyText("blob", "a", call("PUT", "/a/c", "", { "content-length": length }));
    expect(text("0").split("\n")[3]).toBe("");
    expect(text("11").split("\n")[3]).toBe("11");
  });

  test("signs the documented text for a table call, with one date", () => {
    const headers = {
      "content-md5": "md5",
      "content-type": "application/json",
      "x-ms-date": "Sun, 11 Oct 2009 19:52:39 GMT",
      date: "ignored",
    };
    expect(sharedKeyText("table", "testaccount1", call("POST", "/Tables", "", headers))).toBe(
      "POST\nmd5\napplication/json\nSun, 11 Oct 2009 19:52:39 GMT\n/testaccount1/Tables",
    );
    expect(sharedKeyLiteText("table", "testaccount1", call("GET", "/Tables", "comp=x&$top=1", headers))).toBe(
      "Sun, 11 Oct 2009 19:52:39 GMT\n/testaccount1/Tables?comp=x",
    );
  });

  test("signs the documented Lite text for a blob call", () => {
    const headers = {
      "content-type": "text/plain; charset=UTF-8",
      "x-ms-date": "Sun, 20 Sep 2009 20:36:40 GMT",
      "x-ms-meta-m1": "v1",
      "x-ms-meta-m2": "v2",
    };
    expect(
      sharedKeyLiteText("blob", "testaccount1", call("PUT", "/mycontainer/hello.txt", "", headers)),
    ).toBe(
      "PUT\n\ntext/plain; charset=UTF-8\n\nx-ms-date:Sun, 20 Sep 2009 20:36:40 GMT\nx-ms-meta-m1:v1\nx-ms-meta-m2:v2\n/testaccount1/mycontainer/hello.txt",
    );
  });

  test("orders headers as the service does: hyphens last, punctuation before digits before letters", () => {
    const names = [
      "x-ms-meta-ab",
      "x-ms-meta-a-b",
      "x-ms-meta-a_b",
      "x-ms-meta-a1",
      "x-ms-meta-a",
      "x-ms-date",
    ];
    expect([...names].sort(compareHeaderNames)).toEqual([
      "x-ms-date",
      "x-ms-meta-a",
      "x-ms-meta-a_b",
      "x-ms-meta-a1",
      "x-ms-meta-ab",
      "x-ms-meta-a-b",
    ]);
  });
});

describe("SAS", () => {
  test("signs a service SAS of 2013-era style and of today with their own lines", () => {
    const query = "sp=r&st=S&se=E&sip=1.2.3.4&spr=https,http&sr=b&rsct=text/plain";
    expect(blobSasText("/blob/a/c/n", parseQuery(`${query}&sv=2015-04-05`))).toBe(
      "r\nS\nE\n/blob/a/c/n\n\n1.2.3.4\nhttps,http\n2015-04-05\n\n\n\n\ntext/plain",
    );
    expect(blobSasText("/blob/a/c/n", parseQuery(`${query}&sv=2018-11-09`))).toBe(
      "r\nS\nE\n/blob/a/c/n\n\n1.2.3.4\nhttps,http\n2018-11-09\nb\n\n\n\n\n\ntext/plain",
    );
    expect(blobSasText("/blob/a/c/n", parseQuery(`${query}&sv=2021-12-02`))).toBe(
      "r\nS\nE\n/blob/a/c/n\n\n1.2.3.4\nhttps,http\n2021-12-02\nb\n\n\n\n\n\n\ntext/plain",
    );
  });

  test("signs an account SAS with the encryption scope only from 2020-12-06 on", () => {
    const query = "sv=2019-12-12&ss=bt&srt=sco&sp=rl&se=E&spr=https";
    expect(accountSasText("acc", parseQuery(query))).toBe("acc\nrl\nbt\nsco\n\nE\n\nhttps\n2019-12-12\n");
    expect(accountSasText("acc", parseQuery(query.replace("2019-12-12", "2021-12-02")))).toBe(
      "acc\nrl\nbt\nsco\n\nE\n\nhttps\n2021-12-02\n\n",
    );
  });

  test("signs a table SAS with its key range", () => {
    const query = "sv=2019-02-02&tn=Rows&sp=r&se=E&spk=a&srk=1&epk=b&erk=2";
    expect(tableSasText("/table/acc/rows", parseQuery(query))).toBe(
      "r\n\nE\n/table/acc/rows\n\n\n\n2019-02-02\na\n1\nb\n2",
    );
  });

  test("keeps a plus sign of an unencoded signature, and reads it as a space elsewhere", () => {
    const sig = createHmac("sha256", "k").update("x").digest("base64");
    expect(parseQuery(`sig=a+b/c=&prefix=a+b`)).toEqual(
      new Map([
        ["sig", "a+b/c="],
        ["prefix", "a b"],
      ]),
    );
    expect(parseQuery(`sig=${encodeURIComponent(sig)}`).get("sig")).toBe(sig);
  });
});
