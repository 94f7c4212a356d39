import type { NativeFunction } from '../types.ts'

export const textNatives: readonly NativeFunction[] = []
