/** A message's body. Throws a SyntaxError when it is no JSON. Buffer decodes in one call what the client's codec takes three for. */
export function jsonIn(data: Uint8Array): unknown {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8"));
}
