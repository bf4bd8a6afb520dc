/** A kernel that goes wrong takes its device with it, and nothing else. */
import { cudaBackends } from "../support/backends.js";
import { runChild } from "../support/child.js";

const onInterpreter = cudaBackends.includes("simt") ? test : test.skip;

onInterpreter.each(["now", "late"])(
  "a fault is an error of every later call on the device, and the process lives: streams run %s",
  (streams) => {
    const { status, stdout, stderr } = runChild("children/faulted-device.ts", [], [], {
      LEAN_SIMT_STREAMS: streams,
    });
    expect(status).toBe(0);
    const { step, disposal, cpu, ...failed } = JSON.parse(stdout);
    // Only started: what is wrong shows later.
    expect([step, disposal, cpu]).toEqual(["ok", "ok", "ok"]);
    for (const each of Object.values(failed)) {
      expect(each).toMatchObject({ name: "LeanError", code: "ERR_LEAN_NATIVE" });
      const { message } = each as { message: string };
      expect(message).toContain("cudaErrorIllegalAddress");
      // The interpreter says what it was and where.
      expect(message).toMatch(/bytes that have been freed\n {2}in .*step_weights.*\n {2}at .*\.cu/);
    }
    expect(stderr).toContain("bytes that have been freed");
  },
  60_000,
);
