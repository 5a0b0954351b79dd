//! Names of countries, and of regions and cities that ads name without their
//! country: folded (lower case, no accents, no full stops), in Spanish, English
//! and Portuguese.

/// Countries by code.
pub(crate) const COUNTRIES: &[(&str, &str)] = &[
    ("AR", "argentina, republica argentina"),
    ("BO", "bolivia, estado plurinacional de bolivia"),
    ("BR", "brasil, brazil"),
    ("CL", "chile"),
    ("CO", "colombia"),
    ("CR", "costa rica"),
    ("CU", "cuba"),
    ("DO", "republica dominicana, dominican republic, rep dominicana"),
    ("EC", "ecuador, equador"),
    ("ES", "espana, spain, espanha"),
    ("GT", "guatemala"),
    ("HN", "honduras"),
    ("MX", "mexico, mejico, estados unidos mexicanos"),
    ("NI", "nicaragua"),
    ("PA", "panama"),
    ("PE", "peru"),
    ("PR", "puerto rico, porto rico"),
    ("PY", "paraguay, paraguai"),
    ("SV", "el salvador"),
    ("UY", "uruguay, uruguai"),
    ("VE", "venezuela"),
    ("US", "us, usa, united states, united states of america, estados unidos, estados unidos de america, eeuu, ee uu"),
    ("CA", "canada"),
    ("PT", "portugal"),
    ("GB", "united kingdom, uk, reino unido, england, inglaterra, scotland, great britain"),
    ("IE", "ireland, irlanda"),
    ("FR", "france, francia, franca"),
    ("DE", "germany, alemania, alemanha, deutschland"),
    ("IT", "italy, italia"),
    ("NL", "netherlands, the netherlands, paises bajos, holanda"),
    ("BE", "belgium, belgica"),
    ("CH", "switzerland, suiza, suica"),
    ("AT", "austria"),
    ("PL", "poland, polonia"),
    ("RO", "romania, rumania"),
    ("CZ", "czechia, czech republic, republica checa"),
    ("SE", "sweden, suecia"),
    ("NO", "norway, noruega"),
    ("DK", "denmark, dinamarca"),
    ("FI", "finland, finlandia"),
    ("GR", "greece, grecia"),
    ("UA", "ukraine, ucrania"),
    ("RU", "russia, rusia"),
    ("TR", "turkey, turquia, turkiye"),
    ("IL", "israel"),
    ("AE", "united arab emirates, emiratos arabes unidos"),
    ("SA", "saudi arabia, arabia saudita"),
    ("EG", "egypt, egipto"),
    ("MA", "morocco, marruecos"),
    ("ZA", "south africa, sudafrica"),
    ("NG", "nigeria"),
    ("AO", "angola"),
    ("IN", "india"),
    ("CN", "china"),
    ("JP", "japan, japon, japao"),
    ("KR", "south korea, corea del sur"),
    ("SG", "singapore, singapur"),
    ("MY", "malaysia, malasia"),
    ("ID", "indonesia"),
    ("PH", "philippines, filipinas"),
    ("TH", "thailand, tailandia"),
    ("VN", "vietnam"),
    ("PK", "pakistan"),
    ("AU", "australia"),
    ("NZ", "new zealand, nueva zelanda"),
];

/// Regions and cities by country.
pub(crate) const PLACES: &[(&str, &str)] = &[
    (
        "AR",
        "buenos aires, caba, capital federal, ciudad autonoma de buenos aires, gran buenos aires, gba, amba, rosario, \
         santa fe, cordoba, cordoba capital, mendoza, tucuman, san miguel de tucuman, la plata, mar del plata, salta, \
         entre rios, parana, misiones, posadas, chaco, resistencia, corrientes, santiago del estero, jujuy, \
         san salvador de jujuy, neuquen, rio negro, bariloche, chubut, comodoro rivadavia, tierra del fuego, ushuaia, \
         la pampa, san luis, catamarca, bahia blanca, quilmes, avellaneda, lanus, moron, pilar, tigre, san isidro, \
         vicente lopez, hurlingham, ezeiza, la matanza, lomas de zamora, zona norte, zona sur, zona oeste",
    ),
    (
        "CO",
        "bogota, bogota dc, santafe de bogota, medellin, antioquia, cali, santiago de cali, valle del cauca, \
         barranquilla, atlantico, cartagena, cartagena de indias, bolivar, cundinamarca, bucaramanga, santander, \
         pereira, risaralda, manizales, caldas, quindio, ibague, tolima, cucuta, norte de santander, villavicencio, \
         meta, neiva, huila, pasto, narino, popayan, cauca, monteria, sincelejo, valledupar, cesar, santa marta, \
         magdalena, tunja, boyaca, envigado, itagui, sabaneta, rionegro, bello, chia, soacha, zipaquira, palmira, yumbo",
    ),
    (
        "MX",
        "ciudad de mexico, cdmx, df, distrito federal, mexico city, estado de mexico, edomex, toluca, naucalpan, \
         tlalnepantla, monterrey, nuevo leon, san pedro garza garcia, guadalajara, zapopan, jalisco, puebla, queretaro, \
         santiago de queretaro, leon, guanajuato, bajio, irapuato, celaya, tijuana, mexicali, baja california, \
         baja california sur, ciudad juarez, chihuahua, hermosillo, sonora, saltillo, torreon, coahuila, merida, \
         yucatan, cancun, quintana roo, playa del carmen, veracruz, xalapa, san luis potosi, aguascalientes, morelia, \
         michoacan, cuernavaca, morelos, pachuca, hidalgo, oaxaca, chiapas, tuxtla gutierrez, villahermosa, tabasco, \
         tampico, tamaulipas, reynosa, culiacan, sinaloa, mazatlan, durango, zacatecas, nayarit, colima, tlaxcala, \
         guerrero, acapulco, campeche",
    ),
    (
        "CL",
        "santiago, santiago de chile, region metropolitana, region metropolitana de santiago, providencia, las condes, \
         valparaiso, vina del mar, concepcion, biobio, antofagasta, la serena, coquimbo, temuco, araucania, rancagua, \
         ohiggins, puerto montt, iquique, arica, talca, maule, punta arenas",
    ),
    (
        "PE",
        "lima, lima metropolitana, miraflores, arequipa, trujillo, chiclayo, piura, cusco, cuzco, callao, la libertad",
    ),
    ("EC", "quito, guayaquil, cuenca, pichincha, guayas, azuay, manabi, ambato, manta"),
    ("UY", "montevideo, canelones, punta del este, maldonado"),
    ("PY", "asuncion, ciudad del este"),
    ("BO", "la paz, santa cruz de la sierra, cochabamba, sucre, oruro, el alto"),
    ("VE", "caracas, maracaibo, zulia, carabobo, barquisimeto, maracay, aragua, anzoategui, distrito capital, miranda"),
    ("CR", "san jose, heredia, alajuela, cartago, guanacaste, escazu"),
    ("PA", "ciudad de panama, panama city"),
    ("GT", "ciudad de guatemala, guatemala city, quetzaltenango, mixco"),
    ("SV", "san salvador, antiguo cuscatlan, santa tecla"),
    ("HN", "tegucigalpa, san pedro sula"),
    ("NI", "managua"),
    ("DO", "santo domingo, santiago de los caballeros, distrito nacional, punta cana"),
    ("CU", "la habana, havana"),
    ("PR", "san juan, guaynabo"),
    (
        "BR",
        "sao paulo, rio de janeiro, belo horizonte, minas gerais, brasilia, porto alegre, rio grande do sul, curitiba, \
         santa catarina, florianopolis, joinville, blumenau, campinas, salvador, bahia, recife, pernambuco, fortaleza, \
         ceara, goiania, goias, manaus, amazonas, belem, para, vitoria, espirito santo, osasco, barueri, sao bernardo do \
         campo, guarulhos, uberlandia, ribeirao preto, londrina, maringa, natal, joao pessoa, paraiba, maceio, alagoas, \
         sergipe, aracaju, mato grosso, mato grosso do sul, sao jose dos campos, sorocaba",
    ),
    (
        "ES",
        "madrid, community of madrid, comunidad de madrid, barcelona, cataluna, catalunya, catalonia, \
         valencian community, comunidad valenciana, comunitat valenciana, alicante, sevilla, seville, andalucia, \
         andalusia, malaga, granada, zaragoza, aragon, bilbao, pais vasco, basque country, vizcaya, gipuzkoa, \
         san sebastian, galicia, la coruna, a coruna, vigo, asturias, oviedo, gijon, cantabria, murcia, \
         region de murcia, valladolid, castilla y leon, castile and leon, castilla-la mancha, castile-la mancha, toledo, \
         navarra, navarre, pamplona, la rioja espana, islas baleares, balearic islands, palma de mallorca, islas canarias, \
         canary islands, las palmas, tenerife, extremadura, salamanca",
    ),
    ("PT", "lisboa, lisbon, porto portugal, braga, aveiro"),
    ("CA", "toronto, ontario, montreal, quebec, vancouver, british columbia, alberta, calgary, ottawa"),
    (
        "US",
        "california, new york, texas, florida, illinois, massachusetts, washington, georgia, north carolina, \
         south carolina, new jersey, virginia, pennsylvania, ohio, michigan, colorado, arizona, utah, oregon, nevada, \
         new mexico, minnesota, wisconsin, missouri, tennessee, maryland, connecticut, indiana, kansas, kentucky, \
         louisiana, oklahoma, alabama, arkansas, nebraska, idaho, hawaii, alaska, delaware, maine, vermont, \
         new hampshire, rhode island, west virginia, iowa, mississippi, montana, wyoming, north dakota, south dakota, \
         san francisco, san francisco bay area, bay area, los angeles, miami, austin, dallas, houston, chicago, boston, \
         seattle, atlanta, denver, new york city, silicon valley, washington dc",
    ),
    ("GB", "london, londres, manchester, edinburgh"),
    ("DE", "berlin, munich, munchen, hamburg, frankfurt"),
    ("FR", "paris, lyon, ile-de-france"),
    ("IN", "bengaluru, bangalore, mumbai, hyderabad, pune, chennai, new delhi, karnataka, maharashtra"),
];

/// Codes of the states of the United States.
pub(crate) const US_STATES: &str = "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne \
                                    nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc";
