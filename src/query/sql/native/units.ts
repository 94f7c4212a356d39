import { lookupTable } from '../../../bytes/index.ts'
import { type NativeRow, native, number, text } from './define.ts'

/** `convert_*`: each unit as a multiple of its family's base. Source: BIPM SI brochure, NIST SP 811 appendix B. */

const PREFIXES: Readonly<Record<string, number>> = lookupTable({
  Nano: 1e-9,
  Micro: 1e-6,
  Milli: 1e-3,
  Centi: 1e-2,
  Deci: 1e-1,
  Deca: 10,
  Hecto: 100,
  Kilo: 1e3,
  Mega: 1e6,
  Giga: 1e9,
  Tera: 1e12,
})

const LENGTHS: Readonly<Record<string, number>> = lookupTable({
  Meter: 1,
  Foot: 0.3048,
  Inch: 0.0254,
  Yard: 0.9144,
  Mile: 1609.344,
  NauticalMile: 1852,
  AstronomicalUnit: 1.495978707e11,
  LightYear: 9.46073047258e15,
})

const VOLUMES: Readonly<Record<string, number>> = lookupTable({
  CubicMeter: 1,
  CubicKilometer: 1e9,
  CubicDecimeter: 1e-3,
  CubicCentimeter: 1e-6,
  CubicMillimeter: 1e-9,
  Liter: 1e-3,
  AcreFoot: 1 / 0.000810714,
  CubicFoot: 0.028316846592,
  CubicInch: 1.6387064e-5,
  CubicYard: 0.764554857984,
  UsGallon: 0.003785411784,
  ImperialGallon: 0.00454609,
})

const ENERGIES: Readonly<Record<string, number>> = lookupTable({
  Joule: 1,
  BritishThermalUnit: 1055.05585262,
  Calorie: 4.184,
  ElectronVolt: 1.602176565e-19,
  WattHour: 3600,
  FootPound: 1.355817948,
})

const FORCES: Readonly<Record<string, number>> = lookupTable({
  Newton: 1,
  Dyn: 1e-5,
  KilogramForce: 9.80665,
  KiloPond: 9.80665,
  PoundForce: 4.4482216152605,
  OunceForce: 0.2780138509537812,
  TonneForce: 9806.65,
})

const MASSES: Readonly<Record<string, number>> = lookupTable({
  Gram: 1e-3,
  Tonne: 1000,
  Pound: 0.45359237,
  Ounce: 0.028349523125,
  Stone: 6.35029318,
  ShortTon: 907.18474,
  LongTon: 1016.0469088,
})

const ANGLES: Readonly<Record<string, number>> = lookupTable({
  Radian: 1,
  Degree: Math.PI / 180,
  Gradian: Math.PI / 200,
  Arcminute: Math.PI / 10_800,
  Arcsecond: Math.PI / 648_000,
  Revolution: 2 * Math.PI,
})

const TIMES: Readonly<Record<string, number>> = lookupTable({ Second: 1, Minute: 60, Hour: 3600 })

function scaled(unit: string, table: Readonly<Record<string, number>>): number | undefined {
  const known = table[unit]
  if (known !== undefined) return known
  for (const [prefix, factor] of Object.entries(PREFIXES)) {
    if (!unit.startsWith(prefix)) continue
    const rest = unit.slice(prefix.length)
    const base = table[rest.charAt(0).toUpperCase() + rest.slice(1)]
    if (base !== undefined) return base * factor
  }
  return undefined
}

function speed(unit: string): number | undefined {
  if (unit === 'Knot') return 1852 / 3600
  const [distance, time] = unit.split('Per')
  const [length, seconds] = [scaled(distance ?? '', LENGTHS), TIMES[time ?? '']]
  return length === undefined || seconds === undefined ? undefined : length / seconds
}

const TEMPERATURES: Readonly<Record<string, { readonly factor: number; readonly zero: number }>> =
  lookupTable({
    Kelvin: { factor: 1, zero: 0 },
    DegreeCelsius: { factor: 1, zero: 273.15 },
    DegreeFahrenheit: { factor: 5 / 9, zero: 459.67 * (5 / 9) },
    DegreeRankine: { factor: 5 / 9, zero: 0 },
    DegreeReaumur: { factor: 1.25, zero: 273.15 },
  })

function convert(name: string, size: (unit: string) => number | undefined): NativeRow {
  return native(name, ['real', 'string', 'string'], 'real', (value, from, to) => {
    const [a, b] = [size(text(from)), size(text(to))]
    return a === undefined || b === undefined ? undefined : (number(value) * a) / b
  })
}

export const unitRows: readonly NativeRow[] = [
  convert('convert_angle', (unit) => scaled(unit, ANGLES)),
  convert('convert_length', (unit) => scaled(unit, LENGTHS)),
  convert('convert_volume', (unit) => scaled(unit, VOLUMES)),
  convert('convert_energy', (unit) => scaled(unit, ENERGIES)),
  convert('convert_force', (unit) => scaled(unit, FORCES)),
  convert('convert_mass', (unit) => scaled(unit, MASSES)),
  convert('convert_speed', speed),
  native('convert_temperature', ['real', 'string', 'string'], 'real', (value, from, to) => {
    const [a, b] = [TEMPERATURES[text(from)], TEMPERATURES[text(to)]]
    if (a === undefined || b === undefined) return undefined
    return (number(value) * a.factor + a.zero - b.zero) / b.factor
  }),
]
