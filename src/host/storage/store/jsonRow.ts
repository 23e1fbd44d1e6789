/** Owns: the JSON form of one kind of row. Rows are written by this store alone, so decoding trusts them. */
export class JsonRow<Row> {
  encode(row: Row): Buffer {
    return Buffer.from(JSON.stringify(row), "utf8");
  }

  decode(bytes: Buffer): Row {
    return JSON.parse(bytes.toString("utf8")) as Row;
  }

  /** Undefined for a row that is not there. */
  find(bytes: Buffer | undefined): Row | undefined {
    return bytes === undefined ? undefined : this.decode(bytes);
  }
}
