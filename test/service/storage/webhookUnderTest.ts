/** A webhook that answers as told and lets a test await deliveries. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly event: { id: string; eventType: string; subject: string; data: Record<string, unknown> } & Record<
    string,
    unknown
  >;
}

export class Webhook {
  readonly deliveries: Delivery[] = [];
  answers: number[] = [];
  validates = true;
  /** Called with each delivery before it is answered. */
  onDelivery: (delivery: Delivery) => void = () => undefined;
  #server: Server | undefined;
  #waiting: (() => void)[] = [];
  endpoint = "";

  async open(port = 0): Promise<this> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const [event] = JSON.parse(Buffer.concat(parts).toString()) as [Delivery["event"]];
        if (request.headers["aeg-event-type"] === "SubscriptionValidation") {
          response.end(
            JSON.stringify({ validationResponse: this.validates ? event.data["validationCode"] : "no" }),
          );
          return;
        }
        const delivery = { headers: request.headers, event };
        this.deliveries.push(delivery);
        this.onDelivery(delivery);
        response.writeHead(this.answers.shift() ?? 202).end();
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?functionName=f&code=secret`;
    return this;
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo).port;
  }

  async received(count: number): Promise<Delivery[]> {
    while (this.deliveries.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.deliveries;
  }

  close(): Promise<void> {
    this.#server?.closeAllConnections();
    return new Promise((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
  }
}
