import type { Thing } from './objects.ts'

/** A part of Google's own table of places, with the ids and the names it has there: `id name`, by country and type. */
const listed: Readonly<Record<string, string>> = {
  'US State': `21132 Alaska|21133 Alabama|21135 Arkansas|21136 Arizona|21137 California|21138 Colorado|21139 Connecticut|
    21140 District of Columbia|21141 Delaware|21142 Florida|21143 Georgia|21144 Hawaii|21145 Iowa|21146 Idaho|21147 Illinois|
    21148 Indiana|21149 Kansas|21150 Kentucky|21151 Louisiana|21152 Massachusetts|21153 Maryland|21154 Maine|21155 Michigan|
    21156 Minnesota|21157 Missouri|21158 Mississippi|21159 Montana|21160 North Carolina|21161 North Dakota|21162 Nebraska|
    21163 New Hampshire|21164 New Jersey|21165 New Mexico|21166 Nevada|21167 New York|21168 Ohio|21169 Oklahoma|21170 Oregon|
    21171 Pennsylvania|21172 Rhode Island|21173 South Carolina|21174 South Dakota|21175 Tennessee|21176 Texas|21177 Utah|
    21178 Virginia|21179 Vermont|21180 Washington|21182 Wisconsin|21183 West Virginia|21184 Wyoming`,
  'DE State': `20226 Berlin|20227 Brandenburg|20228 Baden-Wurttemberg|20229 Bavaria|20230 Bremen|20231 Hessen|20232 Hamburg|
    20233 Mecklenburg-Vorpommern|20234 Lower Saxony|20235 North Rhine-Westphalia|20236 Rhineland-Palatinate|
    20237 Schleswig-Holstein|20238 Saarland|20239 Saxony|20240 Saxony-Anhalt|20241 Thuringia`,
  'AT State': `20042 Burgenland|20043 Carinthia|20044 Lower Austria|20045 Upper Austria|20046 Salzburg|20047 Styria|20048 Tyrol|
    20049 Vorarlberg|20050 Vienna`,
  'AU State': `20034 Australian Capital Territory|20035 New South Wales|20036 Northern Territory|20037 Queensland|
    20038 South Australia|20039 Tasmania|20040 Victoria|20041 Western Australia`,
  'BR State': `20086 State of Alagoas|20087 State of Amazonas|20088 State of Bahia|20089 State of Ceara|20090 Federal District|
    20091 State of Espirito Santo|20092 State of Goias|20093 State of Maranhao|20094 State of Minas Gerais|
    20095 State of Mato Grosso do Sul|20096 State of Mato Grosso|20097 State of Para|20098 State of Paraiba|
    20099 State of Pernambuco|20100 State of Piaui|20101 State of Parana|20102 State of Rio de Janeiro|
    20103 State of Rio Grande do Norte|20104 State of Rio Grande do Sul|20105 State of Santa Catarina|20106 State of Sao Paulo|
    21226 State of Amapa|21227 State of Rondonia|21228 State of Roraima|21229 State of Sergipe|21230 State of Tocantins|
    21232 State of Acre`,
  'MX State': `20694 Aguascalientes|20696 Baja California|20697 Baja California Sur|20703 Mexico City|20709 State of Mexico|
    20710 Michoacan|20713 Nuevo Leon|20725 Yucatan`,
  'FR Region': `20311 Alsace|20313 Aquitaine|20316 Brittany|20317 Centre-Val de Loire|20319 Corsica|20321 Ile-de-France|
    20327 Lower Normandy|20329 Pays de la Loire|20332 Provence-Alpes-Cote d'Azur|20333 Rhone-Alpes`,
  'IT Region': `9053423 Abruzzo|9053424 Aosta Valley|9053425 Apulia|9053426 Basilicata|9053427 Calabria|9053428 Campania|
    9053429 Emilia-Romagna|9053430 Friuli-Venezia Giulia|9053431 Lazio|9053432 Liguria|9053433 Lombardy|9053434 Marche|
    9053435 Molise|9053436 Piedmont|9053437 Sardinia|9053438 Sicily|9053439 Trentino-South Tyrol|9053440 Tuscany|
    9053441 Umbria|9053442 Veneto`,
  'PL Region': `20847 Lower Silesian Voivodeship|20848 Kuyavian-Pomeranian Voivodeship|20850 Lodz Voivodeship|
    20852 Lesser Poland Voivodeship|20853 Masovian Voivodeship|20857 Pomeranian Voivodeship|20862 West Pomeranian Voivodeship`,
  'UA Region': '21118 Kyiv city|21580 Kyiv Oblast|21121 Lviv Oblast|21122 Odesa Oblast',
  'GB Province': '20339 England',
  'US City': '1023191 New York',
  'US DMA_Region': '200501 New York|200803 Los Angeles',
  'US Postal_Code': '9004150 10001',
  'DE Postal_Code': '9042511 80331',
}
const countries: Readonly<Record<string, string>> = {
  AU: '2036 Australia',
  DE: '2276 Germany',
  FR: '2250 France',
  GB: '2826 United Kingdom',
  IT: '2380 Italy',
  MX: '2484 Mexico',
  PL: '2616 Poland',
  UA: '2804 Ukraine',
  US: '2840 United States',
}
/** This network lists these countries' regions, but must not show anything in all of them. */
const parents: Readonly<Record<string, string>> = { AT: '2040', BR: '2076' }
/** Google calls some of what ISO 3166-1 counts as a country a region. */
const countryRegions: Readonly<Record<string, string>> = { HK: '2344 Hong Kong', PR: '2630 Puerto Rico' }

function places(
  CountryCode: string,
  Type: string,
  list: string,
  CanonicalParentId: string | undefined = undefined,
): Thing[] {
  return list.split('|').map((entry) => {
    const [, Id, Name] = /^(\d+) (.+)$/.exec(entry.trim()) ?? []
    return { Id, Name, CountryCode, Type, CanonicalParentId, Targetable: 'true' }
  })
}

export const geoTargets: Thing[] = [
  ...Object.entries(countries).flatMap(([code, entry]) => places(code, 'Country', entry)),
  ...Object.entries(countryRegions).flatMap(([code, entry]) => places(code, 'Region', entry)),
  ...Object.entries(listed).flatMap(([key, list]) => {
    const [country = '', type = ''] = key.split(' ')
    return places(country, type, list, countries[country]?.split(' ')[0] ?? parents[country])
  }),
]
