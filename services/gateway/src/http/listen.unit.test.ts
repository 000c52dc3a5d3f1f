import express from "express";
import { listen } from "./listen";

test("requests and responses are made with express' prototypes, which it then need not set", async () => {
  const app = express();
  app.get("/", (request, response) => {
    const made = [request, response].map((one) => one.constructor.prototype);
    response.json({ request: made[0] === app.request, response: made[1] === app.response });
  });
  const listening = await listen(app, { port: 0, host: "127.0.0.1", admit: (all) => all });
  const answer = await fetch(`http://127.0.0.1:${listening.port}/`);
  expect(await answer.json()).toEqual({ request: true, response: true });
  await listening.close(1_000);
});
