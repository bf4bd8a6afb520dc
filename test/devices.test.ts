import { deviceNames, isHost, requireDevice } from "../lib/devices.js";

test.each(deviceNames)("%s is a device", (name) => {
  requireDevice("device", name);
  expect(isHost(name)).toBe(name === "cpu");
});

test("others are refused, with the nearest that there is", () => {
  expect(() => requireDevice("device", "cdua")).toThrow(
    expect.objectContaining({
      code: "ERR_LEAN_INVALID_ARG",
      parameter: "device",
      message: expect.stringContaining("did you mean cuda?"),
    }),
  );
});
