import { graceSeconds } from "./lifetimes";
import { hashOf, rotate, type StoredSession, type StoredToken, successorOf } from "./rotation";

const salt = Buffer.alloc(32, 7);
const day = 86_400_000;

function given(session: Partial<StoredSession> = {}, token: Partial<StoredToken> = {}) {
  const stored: StoredToken = {
    hash: hashOf("first"),
    sessionId: "s",
    usedAt: null,
    successorSalt: null,
    expiresAt: day,
    ...token,
  };
  return {
    tokens: new Map([[stored.hash, stored]]),
    sessions: new Map([["s", { id: "s", userId: "u", alive: true, endsAt: 30 * day, ...session }]]),
  };
}

test("a token is exchanged once; within the grace a repeat gets the same successor, after it the family ends", () => {
  const known = given();
  const successor = successorOf("first", salt);
  expect(rotate("first", known, 1000, salt)).toEqual({
    kind: "rotated",
    sessionId: "s",
    successor,
    exchange: {
      sessionId: "s",
      usedHash: hashOf("first"),
      salt,
      successorHash: hashOf(successor),
      successorExpiresAt: 1000 + day,
    },
  });
  const inGrace = 1000 + graceSeconds * 1000;
  expect(rotate("first", known, inGrace, Buffer.alloc(32, 8))).toEqual({
    kind: "repeated",
    sessionId: "s",
    successor,
  });
  expect(rotate("first", known, inGrace + 1, salt)).toEqual({ kind: "reused", sessionId: "s" });
  expect(rotate(successor, known, inGrace + 1, salt)).toEqual({ kind: "refused" });
  expect(rotate("first", known, inGrace + 1, salt)).toEqual({ kind: "refused" });
});

test("a repeat follows the exchanges to the token that is unused", () => {
  const known = given();
  const second = successorOf("first", salt);
  rotate("first", known, 1000, salt);
  rotate(second, known, 2000, salt);
  expect(rotate("first", known, 3000, salt)).toMatchObject({ successor: successorOf(second, salt) });
});

test("an old token that has expired still ends its family when it comes again", () => {
  const known = given({}, { usedAt: 0, successorSalt: salt, expiresAt: 1 });
  expect(rotate("first", known, day, salt)).toEqual({ kind: "reused", sessionId: "s" });
});

test.each([
  ["an unknown token", "other", given(), 0],
  ["a token of an ended session", "first", given({ alive: false }), 0],
  ["an expired token", "first", given({}, { expiresAt: 10 }), 10],
])("%s is refused", (_what, token, known, now) => {
  expect(rotate(token, known, now, salt)).toEqual({ kind: "refused" });
});

test("no exchange outlives the session", () => {
  const known = given({ endsAt: 5000 });
  expect(rotate("first", known, 1000, salt)).toMatchObject({ exchange: { successorExpiresAt: 5000 } });
});
