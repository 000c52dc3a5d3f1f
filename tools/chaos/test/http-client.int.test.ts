import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@quartermaster/servers";
import { openHttp } from "../src/arena/http-client";

let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer((request, response) => response.end(JSON.stringify({ path: request.url })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test("many requests at once all pass over a gateway that refuses connections", async () => {
  const away = `http://127.0.0.1:${await freePort()}`;
  const http = openHttp([away, url]);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => http.ask("GET", `/${n}`)));
  expect(answers.map(({ status, body }) => [status, body.path])).toEqual(
    Array.from({ length: 20 }, (_, n) => [200, `/${n}`]),
  );
  http.close();
});

test("where every gateway refuses, there is no answer, and the reason", async () => {
  const http = openHttp([`http://127.0.0.1:${await freePort()}`]);
  expect(await http.ask("GET", "/")).toMatchObject({ status: 0, body: "connection refused" });
  http.close();
});
