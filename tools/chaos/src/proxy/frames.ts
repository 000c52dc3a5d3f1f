/** One unit of the NATS client protocol, as it goes over the wire. */
export interface Frame {
  /** The first word, in capitals. */
  readonly verb: string;
  /** Of a message; undefined for everything else. */
  readonly subject?: string;
  readonly bytes: Buffer;
}

const lineEnd = Buffer.from("\r\n");
const payloadVerbs = new Set(["PUB", "HPUB", "MSG", "HMSG"]);
/** Far above a server's own limit for a line; what is longer is no NATS. */
const lineBytesMax = 64 * 1024;

/** Cuts a stream of bytes into frames, however they are spread over chunks. Throws on what is no NATS. */
export class FrameReader {
  private held: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.next(); frame; frame = this.next()) frames.push(frame);
    return frames;
  }

  private next(): Frame | undefined {
    const end = this.held.indexOf(lineEnd);
    if (end < 0) {
      if (this.held.length > lineBytesMax) throw new Error("a line without an end: this is no NATS");
      return undefined;
    }
    const words = this.held.toString("latin1", 0, end).split(/[ \t]+/);
    const verb = (words[0] ?? "").toUpperCase();
    const isMessage = payloadVerbs.has(verb);
    const payload = isMessage ? Number(words.at(-1)) : 0;
    if (!Number.isInteger(payload) || payload < 0)
      throw new Error(`a ${verb} without its size: this is no NATS`);
    const length = end + lineEnd.length + (isMessage ? payload + lineEnd.length : 0);
    if (this.held.length < length) return undefined;
    const bytes = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return isMessage ? { verb, subject: words[1] ?? "", bytes } : { verb, bytes };
  }
}
