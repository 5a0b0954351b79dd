//! Function words, folded (no accents), of the languages that ads seen in Latin America are written in.

/// Number of languages with a list.
pub(super) const COUNT: usize = 9;

/// ISO 639-1 codes, in the order of [`LISTS`].
pub(super) const LANGUAGES: [&str; COUNT] = ["es", "en", "pt", "fr", "it", "de", "ca", "gl", "nl"];

/// Letters that few languages write, by the language's place in [`LANGUAGES`].
pub(super) const LETTERS: &[(usize, &str)] =
    &[(0, "ñ¿¡ó"), (2, "ãõçêôâ"), (3, "éèêàçûôî"), (4, "èàòù"), (5, "äöüß"), (6, "çèàòï"), (7, "ñó")];

/// Function words and the verbs and nouns that ads in a language can't do without.
pub(super) const LISTS: [&str; COUNT] = [
    // es
    "de la que el en y a los del se las por un para con no una su al lo como mas o pero sus le ya este si porque esta entre cuando \
     muy sin sobre tambien me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e esto \
     mi antes algunos que unos yo otro otras otra tanto esa estos mucho quienes nada muchos cual poco ella estar estas algunas algo \
     nosotros tu te ti tus ser es son eres somos seras tener tienes tiene tenemos ha han he hemos hacia segun mediante cada ademas \
     nuestro nuestra nuestros nuestras anos ano meses experiencia empresa trabajo buscamos requisitos conocimiento conocimientos \
     manejo persona personas equipo formacion ofrecemos requiere solicita importante lunes viernes sabado sabados nivel capacidad \
     contar cuenta debe deberas minimo minima excluyente zona turnos tareas vacante cargo funciones puesto incorporar",
    // en
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which you were her \
     all she there would their we him been has when who will more no if out so said what up its about into than them can only other \
     new some could time these two may then do first any my now such like our over me even most after also did many before must \
     through back where much your way should because each just those how too while us both between under within across using \
     including during against per via or well work working years experience team skills ability required knowledge join looking \
     business strong support requirements responsibilities preferred role job benefits position candidates s t ll re don ensure",
    // pt
    "de a o que e do da em um para e com nao uma os no se na por mais as dos como mas foi ao ele das tem a seu sua ou ser quando \
     muito ha nos ja esta eu tambem so pelo pela ate isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles estao \
     voce tinha foram essa num nem suas meu as minha tem numa pelos elas havia seja qual sera nossa nosso nossos nossas pelas sao \
     experiencia empresa trabalho anos conhecimento conhecimentos vaga vagas requisitos voces equipe atuar atividades area areas \
     beneficios desejavel desenvolvimento gestao solucoes sobre alem onde deste desta neste nesta pessoas profissional realizar \
     formacao ensino superior completo segunda sexta horario vale refeicao saude atraves cada todos todas nossas seguranca",
    // fr
    "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son cette aux ses mais \
     comme nous vous votre notre nos vos on leur leurs elle ils si ces etre avoir fait aussi tout tous toutes sans entre d l qu c s n \
     j m y experience equipe entreprise poste travail ans mission missions profil connaissances competences recherche rejoindre \
     sein chez client clients ainsi afin deux bien tres peut meme encore apres lors selon vers depuis jusqu cadre formation \
     developpement charge gestion projets serez avez etes rattache assurer participer niveau bac candidature salaire",
    // it
    "di e il la che in un a per una sono con non del della le si da i dei al alla come lo gli ha nel nella dal dalla piu anche o ma \
     se ed su questo questa delle degli essere ai alle l d un c ci tra fra nei nelle sul sulla sui sulle cui suo sua suoi nostro \
     nostra nostri nostre loro ogni presso dell all nell sull azienda lavoro esperienza conoscenza team attivita ricerca figura \
     requisiti candidato offriamo anni gestione settore risorsa mansioni contratto orario sviluppo ruolo buona ottima capacita \
     inserire cerchiamo stiamo cercando tuo tua tuoi tue verra sara oltre dopo prima durante",
    // de
    "der die und in den von zu das mit sich des auf fur ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird \
     bei einer um am sind noch wie einem uber einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei unsere \
     unser unseren unserem unserer du dein deine deinen dir dich ihr ihre ihren wir uns sowie erfahrung kenntnisse aufgaben \
     arbeit team unternehmen stelle jahre bereich entwicklung ihnen zusammen gute bieten suchen",
    // ca
    "de la i a el que en els l d un les per una amb es del al no se com mes s o dels pel seva seu son ha va hi ser als aquest \
     aquesta aquests pero tambe entre sobre fins quan on molt tots totes nostre nostra nostres seus seves des sense cada empresa \
     experiencia feina treball anys coneixements equip persona persones ens et t n m ets si cerquem busquem oferim formacio jornada \
     horari incorporacio",
    // gl
    "de a o que e do da en un para con non unha os no se na por mais as dos como ao das ten seu sua ou ser moi ha nos xa esta eu \
     tamen so pola polo ata iso ela entre sen mesmo aos seus quen nas me ese eles estan ti foron esa nin suas meu minha nunha \
     polos elas sexa cal sera nosa noso nosos nosas polas son experiencia empresa traballo anos conecementos posto persoas equipo",
    // nl
    "de het een en van in is dat op te voor met zijn aan er niet om ook als bij door naar uit maar over hebben tot heeft nog worden \
     wordt je jij jouw u uw wij we ons onze kan kunnen zal deze dit die dan wat meer of ben bent werk werken ervaring team functie \
     bedrijf jaar kennis binnen zoals waar wie",
];
