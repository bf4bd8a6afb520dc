import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";

import { LeanError } from "../lib/errors.js";
import { readFully, replaceFile, writeFully } from "../lib/file.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "lean-optim-file-"));
  path = join(folder, "state");
});

afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code, syscall: "simulated" });
}

describe("replaceFile", () => {
  test("creates a file", () => {
    replaceFile(path, (fd) => {
      writeFully(fd, bytes("one, "));
      writeFully(fd, bytes("two"));
    });
    expect(fs.readFileSync(path, "utf8")).toBe("one, two");
    expect(fs.readdirSync(folder)).toEqual(["state"]);
  });

  test("replaces one and keeps its permissions", () => {
    fs.writeFileSync(path, "old", { mode: 0o600 });
    replaceFile(path, (fd) => writeFully(fd, bytes("new")));
    expect(fs.readFileSync(path, "utf8")).toBe("new");
    if (process.platform !== "win32") expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  test("writes through a symbolic link", () => {
    const link = join(folder, "link");
    fs.writeFileSync(path, "old");
    fs.symlinkSync("state", link);
    replaceFile(link, (fd) => writeFully(fd, bytes("new")));
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(path, "utf8")).toBe("new");
  });

  test("does not show the new contents before they are complete", () => {
    fs.writeFileSync(path, "old");
    replaceFile(path, (fd) => {
      writeFully(fd, bytes("new"));
      expect(fs.readFileSync(path, "utf8")).toBe("old");
    });
  });

  test("flushes the file before the rename, and the folder after it", () => {
    const order: string[] = [];
    const { fsyncSync, renameSync } = fs;
    jest.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
      order.push(fs.fstatSync(fd).isDirectory() ? "flush folder" : "flush file");
      fsyncSync(fd);
    });
    jest.spyOn(fs, "renameSync").mockImplementation((from, to) => {
      order.push("rename");
      renameSync(from, to);
    });
    replaceFile(path, (fd) => writeFully(fd, bytes("new")));
    const expected = ["flush file", "rename", "flush folder"];
    expect(order).toEqual(process.platform === "win32" ? expected.slice(0, 2) : expected);
  });

  describe.each(["writeSync", "fsyncSync", "closeSync", "renameSync"] as const)(
    "when %s fails",
    (call) => {
      test("the old file stays and nothing else is left", () => {
        fs.writeFileSync(path, "old");
        const original = fs.closeSync;
        jest.spyOn(fs, call).mockImplementationOnce((first: unknown) => {
          if (call === "closeSync") original(first as number);
          throw systemError("ENOSPC");
        });
        const replace = () => replaceFile(path, (fd) => writeFully(fd, bytes("new")));
        expect(replace).toThrow(
          expect.objectContaining({
            name: "LeanError",
            code: "ERR_LEAN_IO",
            message: expect.stringMatching(/cannot write .*ENOSPC/),
            value: path,
            cause: expect.objectContaining({ code: "ENOSPC" }),
          }),
        );
        expect(fs.readFileSync(path, "utf8")).toBe("old");
        expect(fs.readdirSync(folder)).toEqual(["state"]);
      });
    },
  );

  test.each([new LeanError("ERR_LEAN_SHAPE", "too short"), new TypeError("not the system's")])(
    "another error passes through as it is: %s",
    (own) => {
      const replace = () =>
        replaceFile(path, () => {
          throw own;
        });
      expect(replace).toThrow(own);
      expect(fs.readdirSync(folder)).toEqual([]);
    },
  );

  test("a folder that does not exist", () => {
    expect(() => replaceFile(join(folder, "no", "state"), () => {})).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_IO" }),
    );
  });
});

describe("partial transfers", () => {
  test("writeFully goes on where the system stopped", () => {
    const { writeSync } = fs;
    jest
      .spyOn(fs, "writeSync")
      .mockImplementation(((fd: number, data: Uint8Array, offset: number, length: number) =>
        writeSync(fd, data, offset, Math.min(length, 2))) as typeof fs.writeSync);
    replaceFile(path, (fd) => writeFully(fd, bytes("seven !")));
    expect(fs.readFileSync(path, "utf8")).toBe("seven !");
  });

  test("readFully goes on too, and does not wait for what is not there", () => {
    fs.writeFileSync(path, "seven !");
    const fd = fs.openSync(path, "r");
    const { readSync } = fs;
    jest
      .spyOn(fs, "readSync")
      .mockImplementation(((
        file: number,
        data: Uint8Array,
        offset: number,
        length: number,
        position: number,
      ) => readSync(file, data, offset, Math.min(length, 2), position)) as typeof fs.readSync);
    const target = new Uint8Array(5);
    readFully(fd, target, 2);
    expect(new TextDecoder().decode(target)).toBe("ven !");
    expect(() => readFully(fd, target, 3)).toThrow(
      expect.objectContaining({ code: "ERR_LEAN_IO" }),
    );
    fs.closeSync(fd);
  });
});
