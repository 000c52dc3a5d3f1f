import { Agent, request } from "node:http";

/** An answer as it came, or why none did. `status` is 0 where nothing was answered. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a service answers is compared field by field
  readonly body: any;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ms: number;
}

export interface Asking {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface HttpClient {
  /** Never throws for what the network does: that is status 0, with the reason as body. */
  ask(method: string, path: string, asking?: Asking): Promise<Answer>;
  close(): void;
}

/** Above the gateway's longest wait. */
const usualTimeoutMs = 40_000;

/** Spreads requests over the gateways in turn; one that refuses the connection is passed over, as a balancer would do. */
export function openHttp(urls: readonly string[]): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  let turn = 0;
  const ask = async (method: string, path: string, asking: Asking = {}): Promise<Answer> => {
    const first = turn++;
    for (let n = 0; ; n++) {
      const url = urls[(first + n) % urls.length] as string;
      const answer = await askOne(agent, url, { method, path, asking });
      const isRefused = answer.status === 0 && answer.body === refused;
      if (!isRefused || n === urls.length - 1) return answer;
    }
  };
  return { ask, close: () => agent.destroy() };
}

/** Nothing of the request has been sent. */
const refused = "connection refused";

function askOne(
  agent: Agent,
  url: string,
  { method, path, asking }: { method: string; path: string; asking: Asking },
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise<Answer>((resolve) => {
    const startedAt = performance.now();
    const end = (status: number, body: unknown, headers: Answer["headers"] = {}) =>
      resolve({ status, body, headers, ms: performance.now() - startedAt });
    const text = asking.body === undefined ? undefined : JSON.stringify(asking.body);
    const sent = request(
      { agent, hostname, port, method, path, headers: headersOf(asking, text) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", (error) => end(0, error.message));
        response.on("end", () =>
          end(response.statusCode ?? 0, bodyIn(Buffer.concat(chunks).toString("utf8")), response.headers),
        );
      },
    );
    const timer = setTimeout(
      () => sent.destroy(new Error("not waited for any longer")),
      asking.timeoutMs ?? usualTimeoutMs,
    );
    sent.on("close", () => clearTimeout(timer));
    sent.on("error", (error: NodeJS.ErrnoException) =>
      end(0, error.code === "ECONNREFUSED" ? refused : error.message),
    );
    sent.end(text);
  });
}

function headersOf({ token, headers }: Asking, text: string | undefined): Record<string, string | number> {
  return {
    ...(text === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  };
}

function bodyIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
