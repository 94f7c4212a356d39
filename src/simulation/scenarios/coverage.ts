/** Ways to create, change or hide a subscription that no scenario stands for, and why. */
export const NOT_SIMULATED: Readonly<Record<string, string>> = {
  C9b: 'IMofCompiler leaves the records of C8: objects without a process that tells',
  M8: 'hiding from inventory leaves what C8 and V9 leave; damaged indexes are tests of the repository reader',
  M9: 'stopping or clearing logs is another technique (T1562, T1070)',
}
