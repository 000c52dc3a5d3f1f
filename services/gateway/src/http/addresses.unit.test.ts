import { networkOf, plainAddress } from "./addresses";

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:127.0.0.1", "127.0.0.1"],
  ["::FFFF:7f00:1", "127.0.0.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["::1", "::1"],
  ["2001:DB8::1", "2001:db8::1"],
  ["unknown", "unknown"],
])("the address %s is known as %s", (ip, plain) => {
  expect(plainAddress(ip)).toBe(plain);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:0:0:1:2:3:4", "2001:db8:0:0"],
  ["2001:0db8:0000::9", "2001:db8:0:0"],
  ["2001:db8:0:1::", "2001:db8:0:1"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::", "0:0:0:0"],
])("the address %s belongs to the network %s", (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
