import type { Call } from '../../adapter.ts'
import type { LookUps } from '../plan.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { unknown } from './unknown.ts'

interface Tables {
  call: Call
  table: (name: string, columns: string, call: Call) => Promise<Record<string, string>[]>
}

/** Devices, platforms and languages by the ids the network's tables give them. @throws AdapterError('permanent') */
export async function technologyTargeting(wanted: LookUps, tables: Tables): Promise<Sent | null> {
  const { device_types, platforms, languages } = wanted
  const ids = async (
    list: readonly string[],
    name: string,
    column: string,
    patterns: (word: string) => RegExp,
  ) => {
    if (list.length === 0) return null
    const rows = await tables.table(name, `Id, ${column}`, tables.call)
    return list.flatMap((word) => {
      const found = rows.filter((row) => patterns(word).test(row[column.toLowerCase()] ?? ''))
      if (found.length === 0) throw unknown(word, `lists no ${column} for it`)
      return found.map((row) => ({ id: row['id'] ?? '' }))
    })
  }
  const devices = (list: readonly string[]) =>
    ids(list, 'Device_Category', 'DeviceCategoryName', (word) => deviceNames[word] ?? /^$/)
  const [included, excluded] = [await devices(device_types.include), await devices(device_types.exclude)]
  const systems = await ids(
    platforms,
    'Operating_System',
    'OperatingSystemName',
    (word) => systemNames[word] ?? /^$/,
  )
  const spoken = await ids(languages, 'Browser_Language', 'BrowserLanguageName', languageName)
  if (!included && !excluded && !systems && !spoken) return null
  return {
    browserLanguageTargeting: spoken && { isTargeted: true, browserLanguages: spoken },
    deviceCategoryTargeting:
      included || excluded
        ? { targetedDeviceCategories: included, excludedDeviceCategories: excluded }
        : null,
    operatingSystemTargeting: systems && { isTargeted: true, operatingSystems: systems },
  }
}

/** AdCP's device types by the names Google's table gives them. */
const deviceNames: Readonly<Record<string, RegExp>> = {
  desktop: /^desktop$/i,
  mobile: /^(smart|feature )phone$/i,
  tablet: /^tablet$/i,
  ctv: /^(connected tv|set[- ]?top box)$/i,
}
const systemNames: Readonly<Record<string, RegExp>> = {
  ios: /^(apple )?i(phone )?os$/i,
  android: /^android$/i,
  windows: /\bwindows\b(?!.*(phone|mobile))/i,
  macos: /\bmac/i,
  linux: /^linux/i,
  chromeos: /chrome ?os/i,
  tvos: /\btvos$/i,
  tizen: /tizen/i,
  webos: /web ?os/i,
  fire_os: /^fire ?os/i,
  roku_os: /roku/i,
}
const english = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

function languageName(code: string): RegExp {
  const name = english.of(code)
  return name === undefined ? /^$/ : new RegExp(`^${name}( \\(|$)`, 'i')
}
