export { type ChainRow, chainStart, hashBehind } from "./chain";
export { type Head, readHeads } from "./heads";
export { type TrailVerdict, verifyTrail } from "./verify-trail";
