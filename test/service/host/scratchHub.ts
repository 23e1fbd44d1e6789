/** A task hub's database on a scratch folder, a new one for every test of the file that makes this. */
import { afterEach, beforeEach } from "@jest/globals";
import { HubDatabase } from "../../../src/host/durable/hubDatabase";
import { Scratch } from "./hostProcess";

export class ScratchHub {
  #scratch: Scratch | undefined;
  #hub: HubDatabase | undefined;

  constructor() {
    beforeEach(() => {
      this.#scratch = new Scratch();
      this.#hub = new HubDatabase(this.#scratch.file("hub"));
    });
    afterEach(async () => {
      await this.#hub?.close();
      this.#scratch?.remove();
    });
  }

  /** The open database; there is one only while a test runs. */
  get hub(): HubDatabase {
    if (this.#hub === undefined) throw new Error("No test is running.");
    return this.#hub;
  }

  /** Closes the database and opens it again. */
  async reopen(): Promise<void> {
    await this.hub.close();
    this.#hub = new HubDatabase(this.#scratch?.file("hub") ?? "");
  }
}
