// The part of fs-native-extensions that Scoria uses; the package brings no types.
declare module 'fs-native-extensions' {
  const native: {
    /** Takes an exclusive lock on the open file description (Linux: F_OFD_SETLK); false when another one has it. */
    tryLock(fd: number): boolean;
  };
  export default native;
}
