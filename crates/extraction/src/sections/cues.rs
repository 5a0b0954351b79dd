//! The words and phrases that tell sections, and the search for them.
//!
//! Phrases are folded (small letters, no accents), parted by `|`. `#` is a number, `_` any one word.

use std::sync::LazyLock;

use super::{
    Section,
    words::{ANY, UNKNOWN, Vocabulary, Word, gap},
};

/// What a phrase does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A noun that is a heading wherever it looks like one.
    Strong(Section),
    /// A whole clause that is a heading ("what we offer").
    Clause(Section),
    /// May also start an item ("experiencia"): needs a colon or a line of its own.
    Weak(Section),
    /// At its start, the sentence is of this section.
    Opens(Section),
    /// As `Opens`, where no heading says otherwise.
    OpensUnheaded(Section),
    /// Anywhere in the sentence.
    Tells(Section),
    /// As `Tells`, where no heading says otherwise.
    TellsUnheaded(Section),
    /// From here on the ad speaks of the job.
    Job(Section),
    /// As `Job`, if a capital letter follows ("Buscamos Desarrollador").
    JobName(Section),
    /// Welcome: what follows, or what precedes where nothing follows.
    Wish,
    /// Welcome: what follows.
    WishNext,
    /// Welcome: what precedes.
    WishBefore,
    /// Required, in a list of wishes.
    Must,
    /// Starts a degree clause.
    Degree,
    /// The name of a degree that may be that of a craft ("experiencia en ingeniería de datos").
    DegreeName,
    /// Ends a list of degrees.
    DegreeEnd,
    /// Something offered, with its weight.
    Benefit(u8),
    /// Page furniture: the portal speaks until the ad starts.
    Furniture,
    /// A field of a form, up to its end.
    Field,
    /// A line of a form that needs no colon.
    FieldLine,
    /// Ends page furniture: here the ad starts.
    AdStarts,
}

/// Roles of one family exclude each other at one place: the longest phrase wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Family {
    Heading,
    Sentence,
    Mark,
    Degree,
    Benefit,
    Portal,
}

impl Role {
    pub fn family(self) -> Family {
        match self {
            Self::Strong(_) | Self::Clause(_) | Self::Weak(_) => Family::Heading,
            Self::Opens(_)
            | Self::OpensUnheaded(_)
            | Self::Tells(_)
            | Self::TellsUnheaded(_)
            | Self::Job(_)
            | Self::JobName(_) => Family::Sentence,
            Self::Wish | Self::WishNext | Self::WishBefore | Self::Must => Family::Mark,
            Self::Degree | Self::DegreeName | Self::DegreeEnd => Family::Degree,
            Self::Benefit(_) => Family::Benefit,
            Self::Furniture | Self::Field | Self::FieldLine | Self::AdStarts => Family::Portal,
        }
    }
}

/// Kinds of single words: a set of these.
pub(super) mod kind {
    /// Stands in the middle of a sentence; what follows is no heading.
    pub const FUNCTION: u16 = 1;
    /// May belong to a heading after its first word.
    pub const TAIL: u16 = 2;
    /// Makes a heading one of wishes.
    pub const WISH: u16 = 4;
    /// Starts an item of requirements.
    pub const ITEM: u16 = 8;
    /// Starts an item of tasks.
    pub const TASK: u16 = 16;
    /// Ends a degree clause.
    pub const SKILL: u16 = 32;
    /// Closes a list of degrees ("o afines").
    pub const CLOSER: u16 = 64;
    /// Before a heading in a sentence: "los siguientes requisitos:".
    pub const FOLLOWING: u16 = 128;
    /// What an employer offers to clients, not to staff.
    pub const TRADE: u16 = 256;
    /// Between a degree and what ends its clause.
    pub const LINK: u16 = 512;
    /// Makes a degree word again of what would end the clause.
    pub const EQUIVALENT: u16 = 1024;
    /// What follows is asked for besides the degree.
    pub const BESIDES: u16 = 2048;
    /// A heading that often ends a name ("Product Requirements").
    pub const NAMED: u16 = 4096;
    /// As a heading, of its own item only.
    pub const MUST: u16 = 8192;
}

use Section::{About, Benefits, Desirable, Requirements, Responsibilities};

const KINDS: &[(u16, &str)] = &[
    (
        kind::FUNCTION,
        "de|del|la|el|los|las|un|una|unos|unas|en|con|sin|para|por|y|e|o|u|a|al|que|su|sus|tu|tus|mi|sobre|entre|\
         segun|como|se|es|son|nuestro|nuestra|nuestros|nuestras|cada|otros|otras|otra|otro|este|esta|estos|estas|\
         tipo|lo|of|the|an|in|on|to|for|from|with|and|or|by|as|at|our|your|their|its|all|any|other|that|this|these|\
         is|are|do|da|dos|das|no|na|nos|nas|em|com|sem|ou|ao|aos|um|uma|seu|sua|seus|suas|nosso|nossa|nossos|nossas|\
         business|user|functional|technical|project|product|customer|client|system|software|security|meet|cumplir|\
         levantamiento|analisis|gestion|toma|relevamiento|definicion|levantamento|analise|gestao|gather|gathering|\
         understand|define|analyze|recopilar|levantar|relevar|atender|nuevos|nuevas|new",
    ),
    (
        kind::TAIL,
        "y|e|o|and|or|del|de|da|do|dos|das|la|el|los|las|the|of|for|this|para|en|in|a|as|un|una|este|esta|puesto|\
         cargo|rol|role|position|job|posicion|vacante|vaga|oferta|empleo|trabajo|candidato|candidata|candidate|\
         buscado|requerido|perfil|generales|general|principales|principal|clave|key|core|main|basic|basicos|basicas|\
         minimos|minimas|minimo|minimum|tecnicos|tecnicas|tecnico|tecnica|technical|tecnologicas|tecnologicos|\
         profesional|profesionales|professional|requeridos|requeridas|requerida|required|necesarios|necesarias|\
         excluyentes|excluyente|obligatorios|obligatorias|indispensables|indispensable|laboral|laborales|academica|\
         academico|academicos|especificas|especificos|habilidades|competencias|conocimientos|tareas|funciones|\
         actividades|responsabilidades|requisitos|aptitudes|responsibilities|requirements|qualifications|duties|\
         skills|experience|education|abilities|knowledge|experiencia|benefits|beneficios|perks|rewards|compensation|\
         formacion|estudios|blandas|soft|personales|diarias|essential|esenciales|importantes|contratacion|ofrecidos|\
         adicionales|additional|desafios|objetivo|objetivos|mision|company|empresa|compania|nosotros|equipo|team|us|\
         you|vos|ti|ofertas|corporativos|exclusivos|atividades|vai|obrigatorios|obrigatorias|comportamentais|\
         qualificacoes|experiencias|necessarios|necessarias|desejaveis|desejavel|deseables|deseable|deseados|\
         deseadas|deseado|preferred|valorables|diferenciais|opcionales|optional",
    ),
    (
        kind::WISH,
        "deseable|deseables|deseado|deseados|deseadas|deseada|desirable|desired|valorable|valorables|valorara|\
         valoraran|valoraremos|valora|plus|bonus|preferred|preferible|preferibles|preferente|opcional|opcionales|\
         optional|diferencial|diferenciais|desejavel|desejaveis|desejado|desejados|desejada|desejadas",
    ),
    (
        kind::ITEM,
        "experiencia|conocimiento|conocimientos|manejo|dominio|ingles|experience|knowledge|proficiency|proficient|\
         familiarity|understanding|fluency|fluent|titulo|estudiante|estudiantes|graduado|graduados|egresado|bachelor|\
         minimo|minimum|solida|solido|solidos|solidas|strong|proven|expertise|experto|experta|licenciatura|\
         licenciado|experiencias|conhecimento|conhecimentos|vivencia|dominar|nivel|ability|hands|capacidad|\
         disponibilidad|residir|english|nociones|certificacion",
    ),
    (
        kind::TASK,
        "desarrollar|disenar|implementar|mantener|colaborar|participar|gestionar|realizar|administrar|analizar|\
         liderar|coordinar|ejecutar|brindar|construir|garantizar|asegurar|elaborar|apoyar|dar|crear|definir|\
         documentar|monitorear|supervisar|resolver|optimizar|integrar|configurar|instalar|programar|automatizar|\
         proponer|planificar|velar|develop|design|build|implement|collaborate|participate|maintain|lead|manage|write|\
         create|work|support|ensure|deliver|drive|own|troubleshoot|monitor|provide|perform|conduct|analyze|define|\
         identify|contribute|partner|desenvolver|projetar|manter|gerenciar|criar|analisar|acompanhar|atuar|apoiar|\
         executar",
    ),
    (
        kind::SKILL,
        "experiencia|experiencias|experience|experienced|conocimiento|conocimientos|conhecimento|conhecimentos|\
         knowledge|anos|ano|year|years|manejo|dominio|skills|habilidades|proficiency|proficient|solida|solidas|\
         solidos|expertise|vivencia|familiarity|funciones|certificacion|certificaciones|ingles|certification|\
         certifications|english",
    ),
    (
        kind::CLOSER,
        "afines|afin|similares|similar|relacionadas|relacionados|relacionada|relacionado|field|fields|discipline|\
         disciplines|equivalente|equivalent|correlatas|correlata|otras|degree|titulado|trunco|completo|completa|\
         concluida",
    ),
    (kind::FOLLOWING, "siguientes|siguiente|following|seguintes|seguinte|below|principales|tus|tu|otros|otras|other"),
    (
        kind::TRADE,
        "soluciones|servicios|productos|consultoria|software|plataforma|plataformas|tecnologia|solutions|services|\
         products|clientes|clients|customers|companies|solucoes|servicos|produtos|asesoria|outsourcing|businesses",
    ),
    (
        kind::LINK,
        "con|with|com|y|e|and|minimo|minima|minimum|mas|de|al|menos|at|least|o|or|un|una|plus|ademas|a|of|the|que|\
         tener|contar|comprobada|profundos|buen|buena|alto|previa|in|relevant|work",
    ),
    (kind::BESIDES, "con|with|com|ademas|plus|que|who|especializado|especializada"),
    (kind::MUST, "excluyente|excluyentes|indispensable|required"),
    (kind::NAMED, "requirements|qualifications|benefits|duties|perks|responsibilities"),
    (kind::EQUIVALENT, "equivalent|equivalente|similar|combination"),
];

const PHRASES: &[(Role, &str)] = &[
    // --- headings: nouns
    (
        Role::Strong(Requirements),
        "requisito|requisitos|requerimiento|requerimientos|los requisitos|principales requisitos|requirements|\
         job requirements|minimum requirements|key requirements|role requirements|qualifications|\
         basic qualifications|minimum qualifications|required qualifications|key qualifications|your qualifications|\
         required skills|must haves|requisitos y calificaciones|requisitos obrigatorios|pre requisitos|\
         requisitos e qualificacoes|qualificacoes|requisitos indispensables|requisitos excluyentes|\
         required experience|perfil requerido|perfil buscado|perfil del candidato|perfil deseado|perfil solicitado|\
         candidate profile|skills and qualifications|skills qualifications|required technical skills|\
         experience and qualifications|qualifications and experience|skills and experience|habilidades requeridas|\
         competencias requeridas|conocimientos requeridos|conocimientos tecnicos requeridos|requisitos da vaga|\
         requisitos del puesto|requisitos del cargo|job qualifications|technical requirements|aptitudes|\
         perfil profissional|requerimientos del puesto|requerimientos del cargo|education and experience|\
         required skills and experience",
    ),
    (
        Role::Strong(Responsibilities),
        "responsabilidades|principales responsabilidades|principales funciones|principales tareas|\
         principales actividades|funciones|tareas|actividades|las tareas|las funciones|tus funciones|\
         tus responsabilidades|tus tareas|sus funciones|sus principales funciones|tus principales responsabilidades|\
         tus principales funciones|responsabilidades principales|funciones principales|funciones generales|\
         funciones del cargo|funciones del puesto|actividades principales|responsabilidad|descripcion de funciones|\
         descripcion de tareas|responsibilities|key responsibilities|main responsibilities|your responsibilities|\
         job responsibilities|roles and responsibilities|role and responsibilities|duties|\
         duties and responsibilities|job duties|essential duties|essential functions|job functions|main duties|\
         day to day responsibilities|primary responsibilities|core responsibilities|general responsibilities|\
         atribuicoes|responsabilidades e atribuicoes|principais atribuicoes|principais responsabilidades|\
         principais atividades|quais sao as principais responsabilidades|quais sao as responsabilidades|\
         quais serao suas responsabilidades|cuales son las responsabilidades|cuales son tus responsabilidades|\
         cuales son las funciones|atividades|suas principais responsabilidades|suas responsabilidades|\
         suas atividades|principales desafios|tareas principales|tareas a realizar|funciones a realizar|\
         actividades a realizar|key accountabilities|accountabilities|job summary|position summary|role overview|\
         objetivo del puesto|objetivo del cargo|mision del cargo|mision del puesto|objetivos del puesto|\
         missao do cargo",
    ),
    (
        Role::Strong(Benefits),
        "beneficios|nuestros beneficios|los beneficios|beneficio|prestaciones|benefits|our benefits|perks|\
         benefits and perks|perks and benefits|perks benefits|benefits perks|compensation and benefits|total rewards|\
         compensacion y beneficios|sueldo y beneficios|condiciones laborales|condiciones de contratacion|\
         condiciones de trabajo|ofrecen|condiciones del cargo|condiciones|beneficios adicionales|nossos beneficios|\
         os beneficios|propuesta de valor|nuestra propuesta de valor|sobre nuestra propuesta de valor|remuneracion|\
         beneficios corporativos|benefits package|employee benefits|salario y beneficios|compensacion",
    ),
    (
        Role::Strong(About),
        "sobre nosotros|acerca de nosotros|sobre la empresa|acerca de la empresa|sobre la compania|\
         acerca de la compania|quienes somos|nuestra empresa|nuestra cultura|nuestros valores|nuestra mision|\
         nuestra historia|about us|about the company|about our company|company description|company overview|\
         company profile|who we are|our company|our mission|our values|our culture|our story|our vision|\
         about our client|sobre nos|sobre a empresa|quem somos|nossa empresa|nossa cultura|descripcion de la empresa|\
         descripcion de la compania|perfil de la empresa|equal opportunity employer|equal employment opportunity|\
         igualdad de oportunidades|diversity and inclusion|diversity equity and inclusion|aviso de privacidad|\
         proceso de seleccion|selection process|hiring process|recruitment process|how to apply|como aplicar|\
         como postularse|processo seletivo|etapas do processo|privacy notice|about the team|sobre el equipo|\
         privacy policy|diversidad e inclusion|diversidade e inclusao|legal notice",
    ),
    (
        Role::Strong(Desirable),
        "requisitos deseables|requisitos desejaveis|requisitos no excluyentes|preferred qualifications|\
         preferred skills|preferred experience|preferred requirements|desired skills|desired qualifications|\
         desired experience|desirable skills|nice to haves|nice to have skills|nice to have qualifications|\
         good to have skills|bonus points|bonus skills|bonus qualifications|conocimientos deseables|\
         conocimientos deseados|habilidades deseables|additional qualifications|experiencia deseable|\
         competencias deseables|conocimientos valorables|deseables|diferenciais|desejaveis|conhecimentos desejaveis|\
         sera um diferencial|plus points|pluses|valorables|extra points|puntos extra|puntos extras|\
         aspectos deseables|preferred education and experience|optional skills|conocimientos opcionales|\
         what sets you apart|sumas puntos si|suma puntos si|suma puntos|sumaras puntos si|te hace destacar|\
         even better if|bonus if you have|it would be great if",
    ),
    // --- headings: clauses
    (
        Role::Clause(Benefits),
        "que ofrecemos|que te ofrecemos|que ofrecen|te ofrecemos|nosotros ofrecemos|ofrecemos|se ofrece|se ofrecen|\
         la empresa ofrece|lo que ofrecemos|lo que te ofrecemos|por que trabajar|por que unirte|por que elegirnos|\
         por que nosotros|por que sumarte|que beneficios|what we offer|what we can offer|what we offer you|we offer|\
         what you get|what you ll get|what you will get|what s in it for you|whats in it for you|why join|\
         why join us|why work with us|why work for us|why work here|why you ll love|why us|why should you|\
         what s on offer|we offer you|the benefits|oferecemos|o que oferecemos|o que a gente oferece|\
         por que trabalhar|nos oferecemos|que tenemos para ti|que tenemos para vos|que obtendras|que recibiras|\
         beneficios de trabajar|beneficios que|por que te va a gustar|algunos de nuestros beneficios|\
         cuales serian tus condiciones|what s in it|en que te beneficias",
    ),
    (
        Role::Clause(Responsibilities),
        "que haras|que vas a hacer|cual sera tu|cuales seran tus|cuales seran tus responsabilidades|cual sera tu rol|\
         tu dia a dia|tu mision|tu reto|tu rol|tus desafios|cual es el desafio|cual es tu desafio|\
         cuales son los principales desafios|cuales son los desafios|como aportaras|entre tus funciones|\
         que actividades|en que consiste|que te espera|lo que haras|que estaras haciendo|descripcion del puesto|\
         descripcion del cargo|descripcion del rol|descripcion general|descripcion del trabajo|what you ll do|\
         what you will do|what you ll be doing|what you will be doing|what will you do|what you do|the role|\
         your role|about the role|about the job|about the position|about this role|the job|your mission|your impact|\
         a day in the life|how you ll make an impact|how you will make an impact|in this role|in this role you will|\
         the opportunity|job description|position overview|o que voce vai fazer|o que voce fara|\
         como sera o seu dia a dia|seu dia a dia|sua missao|seus desafios|o que esperamos que voce faca|\
         sobre a oportunidade|descricao da vaga|descricao do cargo|sobre a vaga|sobre el rol|sobre el puesto|\
         acerca del puesto|acerca del rol|acerca del cargo|sobre el cargo|el rol|el puesto|el desafio|\
         your day to day|que vas a estar haciendo|sera responsable de|the position|the challenge|\
         your responsibilities include|responsibilities include|role summary|role description|tu desafio|your tasks",
    ),
    (
        Role::Clause(Requirements),
        "que buscamos|que estamos buscando|que necesitas|que necesitamos|que pedimos|que requerimos|\
         que conocimientos|que esperamos|que esperamos de ti|que esperamos de vos|que debes tener|que debes saber|\
         que tener en cuenta|que tenes que tener|que necesitas tener|a quien buscamos|lo que vas a necesitar|\
         que vas a necesitar|vas a necesitar|lo que valoramos|que valoramos|quais sao os requisitos|\
         cuales son los requisitos|a quienes buscamos|lo que buscamos|lo que necesitas|lo que esperamos|\
         lo que buscamos de ti|lo que necesitamos|como te imaginamos|que perfil|que perfil buscamos|tu perfil|\
         el perfil|buscamos que tengas|te estamos buscando si|eres ideal si|what you need|what you ll need|\
         what you will need|what you bring|what you ll bring|what you will bring|what you should have|what you have|\
         what we need|what we re looking for|what we are looking for|what we look for|what we expect|what we require|\
         who you are|who we are looking for|who we re looking for|about you|your profile|your skills|your background|\
         your experience|what makes you a great fit|you have|you ll have|you should have|you are|must have|\
         what it takes|what you ll bring to the team|to be successful|to succeed|the ideal candidate|ideal candidate|\
         what are we looking for|what do you need|we re looking for|we are looking for|do you have|o que buscamos|\
         o que esperamos|o que esperamos de voce|o que voce precisa|o que precisamos|o que procuramos|\
         o que estamos buscando|quem buscamos|seu perfil|o que voce precisa ter|es necesario|es indispensable|\
         indispensable|excluyente|excluyentes|buscamos|requerimos|solicitamos|se requiere|se solicita|required|\
         key skills|core skills|core competencies",
    ),
    (
        Role::Clause(Desirable),
        "nice to have|good to have|great to have|would be a plus|sera un plus|seria un plus|es un plus|se valora|\
         se valorara|valoramos|valoraremos|se valora positivamente|se valorara positivamente|deseable|desirable|\
         desejavel|preferred|preferible|preferiblemente|plus|un plus|a plus|bonus|no excluyente|no excluyentes|\
         opcional|diferencial|optional|a considerar|suma que traigas|suma que tengas|suma si|te suma|vas a sumar|\
         sumas si|vai ser legal se|seria legal se|sera considerado um diferencial|sera um plus|ideal si|idealmente|\
         ideally|it s a plus if you have|it s a plus if|te sumaria|nos encantaria que|destacas si|\
         you might also have|it s great if you have|bonus points if you have",
    ),
    (
        Role::Clause(About),
        "como es trabajar|que hace la compania|que hace la empresa|que hacemos|what we do|como es trabajar en|\
         life at|why we exist|our team|el equipo|the team|the company|la empresa|la compania",
    ),
    // --- headings: words that also start items
    (
        Role::Weak(Requirements),
        "conocimiento|conocimientos|conocimientos tecnicos|habilidades|habilidades tecnicas|habilidades blandas|\
         competencias|competencias tecnicas|experiencia|experiencia requerida|formacion|formacion academica|stack|\
         tech stack|stack tecnologico|nuestro stack|our stack|tecnologias|technologies|herramientas|tools|perfil|\
         requirement|skills|technical skills|hard skills|soft skills|experience|education|profile|idiomas|languages|\
         idioma|conhecimentos|conhecimentos tecnicos|habilidades e competencias|competencias comportamentais|\
         formacao|formacao academica|escolaridade|escolaridad|nivel academico|nivel de estudios|estudios|educacion|\
         certificaciones|certifications|ingles|seniority|language skills|technical stack|technology stack|\
         work experience|anos de experiencia|ability to|qualification|conocimientos en|experiencia en|\
         experiencia con|conocimientos de|capacidades|language|tecnologia|lenguajes|bases de datos",
    ),
    (
        Role::Weak(Benefits),
        "salario|sueldo|salary|compensation|salary range|pay range|modalidad|modalidad de trabajo|horario|horarios|\
         jornada|jornada laboral|tipo de contrato|tipo de contratacion|contrato|lugar de trabajo|ubicacion|location|\
         zona de trabajo|sueldo bruto|rango salarial|beneficios extralegales|remuneracao|salario base|dias y horario|\
         dias y horarios|esquema|contratacion|regime de contratacao|modelo de trabalho|work schedule|schedule",
    ),
    (
        Role::Weak(About),
        "acerca de|empresa|company|cultura|mision|vision|valores|nota|note|importante|disclaimer|legal",
    ),
    (
        Role::Weak(Responsibilities),
        "objetivo|proposito|proposito del cargo|proposito del puesto|rol|role|overview|summary|proyecto|project|\
         tasks|activities|objetivos|descripcion",
    ),
    // --- sentences about the employer
    (
        Role::Opens(About),
        "somos una|somos un|somos la|somos el|somos lideres|somos parte|somos uno|somos expertos|somos especialistas|\
         somos mas|we are a|we are an|we are the|we are one of|we re a|we re an|we re the|we re one of|we are proud|\
         nuestra mision|nuestro proposito|nuestra vision|our mission|our vision|our purpose|our values|founded in|\
         fundada en|fundado en|nacimos|nuestra compania|our clients|creemos en|creemos que|we believe|somos uma|\
         somos um|somos a|somos o|nossa missao|nosso proposito|acreditamos|a empresa e|all qualified applicants|\
         we do not discriminate|no discriminamos|trabajamos con empresas|proveemos|brindamos soluciones|ayudamos a|\
         we help|we provide|we partner|we empower|headquartered in|established in|contamos con presencia|\
         tenemos presencia|estamos presentes|join us and|si cumples con|si te interesa|si estas interesado|\
         interesados|interesado postularse|interested candidates|to apply|please apply|please send|envia tu cv|\
         enviar cv|enviar hoja de vida|envianos tu|postulate|aplica ya|apply now|click|para postularte|visit us|\
         visita nuestra|conoce mas|learn more|siguenos|follow us|te esperamos",
    ),
    (
        Role::OpensUnheaded(About),
        "somos|we are|we re|empresa|importante empresa|reconocida empresa|prestigiosa empresa|empresa lider|compania|\
         importante compania|importante multinacional|multinacional|consultora|importante consultora|\
         importante organizacion|reconocida|importante|prestigiosa|organizacion|startup|nuestro cliente|\
         para nuestro cliente|nuestros clientes|our client|at _ we|at _ _ we|en _ somos|en _ creemos|en _ trabajamos|\
         en _ nos|en _ _ somos|na _ somos|na _ acreditamos|desde #|since #|con mas de #|with over #|with more than #|\
         trabajamos|contamos con mas de|with offices|leading|a leading|global leader|lider en|lideres en|our team|\
         our company|our people|our culture|the company|nuestra empresa|la empresa es|la compania es|empresa de|\
         empresa do|empresa dedicada|firma",
    ),
    (
        Role::Tells(About),
        "es una empresa|es una compania|es una consultora|es una startup|es una organizacion|es una multinacional|\
         es una firma|es una fintech|es la empresa|es una _ empresa|es una _ compania|es un grupo|es un integrador|\
         es una plataforma|es lider|es la compania|is a leading|is a global|is the leading|is a world|is an award|\
         is one of the|is a provider|is a technology company|is a software company|is a fast growing|is a company|\
         is an international|is a multinational|is a startup|is a consulting|is the world|is an it|e uma empresa|\
         e uma consultoria|e uma startup|e a maior|e lider|e uma multinacional|somos una empresa|somos una compania|\
         somos una consultora|somos una multinacional|somos una startup|equal opportunity|equal employment|\
         igualdad de oportunidades|equal access|sin distincion de|sin importar su|regardless of race|\
         without regard to|sexual orientation|orientacion sexual|gender identity|identidad de genero|\
         orientacao sexual|color religion|raza color|race religion|veteran status|protected veteran|privacy policy|\
         politica de privacidad|aviso de privacidad|ley #|reasonable accommodation|reasonable accommodations|\
         background check|e verify|affirmative action|disability status|pessoas com deficiencia|\
         diversidade e inclusao|personas con discapacidad|diversidad e inclusion|unimos a las empresas|\
         unsolicited resumes|recruitment agencies|staffing agencies|hoja de vida a|cv a|curriculum a|curriculo para|\
         empresa lider en|compania lider en|lider en soluciones|lideres en|leading provider of|leader in|\
         global leader in|lider mundial|lider global|world leader|no cobramos|pretensiones salariales|\
         remuneracion pretendida|pretensao salarial|expectativa salarial",
    ),
    (
        Role::TellsUnheaded(About),
        "con presencia en|presencia en #|con oficinas en|offices in|fundada en|founded in|con mas de # anos|\
         anos de trayectoria|years of history|nuestros clientes son|nuestra mision es|our mission is|con sede en|\
         headquartered|with a presence|proteccion de datos|tratamiento de datos|datos personales|personal data|\
         # paises|# countries|# empleados|# employees|# colaboradores|mais de # anos|fortune #|dedicada a|\
         dedicada al|especializada en|especializados en|nos dedicamos|nos especializamos|we specialize|our customers|\
         nuestros valores|our values|lider en|lider del|leader in|transformacion digital de|presencia global|\
         presencia internacional|consultora de|grupo empresarial|our platform|our products|trusted by",
    ),
    // --- the job starts here
    (
        Role::Job(Requirements),
        "buscamos un|buscamos una|buscamos a|buscamos al|buscamos incorporar|buscamos sumar|buscamos contratar|\
         buscamos perfil|buscamos perfiles|buscamos profesional|buscamos profesionales|buscamos personas|\
         buscamos talento|buscamos desarrollador|buscamos desarrolladores|buscamos ingeniero|buscamos ingenieros|\
         buscamos analista|buscamos programador|buscamos alguien|buscamos nuestro|buscamos nuevos|buscamos developer|\
         estamos buscando|estamos en busqueda|estamos en la busqueda|estamos contratando|nos encontramos en|\
         se encuentra en busqueda|se encuentra en la busqueda|esta en busqueda|esta en la busqueda|esta buscando|\
         en busqueda de|en la busqueda de|se busca|se solicita|requerimos|solicitamos|se requiere|requiere para su|\
         requiere para|solicita|incorpora|incorporara|selecciona|busca un|busca una|busca incorporar|\
         busca desarrollador|busca ingeniero|busca a|busca profesional|busca programador|busca analista|busca sumar|\
         contrata|esta contratando|busqueda de un|busqueda de una|requiere un|requiere una|requiere contratar|\
         requiere personal|requiere desarrollador|requiere ingeniero|requiere profesional|requiere tecnico|\
         requiere tecnologo|necesita incorporar|estamos incorporando|queremos sumar|queremos incorporar|\
         we are looking for|we re looking for|we are currently looking|we are seeking|we re seeking|is looking for|\
         is seeking|are looking for|we are hiring|we re hiring|is hiring|we are searching|looking to hire|\
         looking for a|looking for an|seeking a|seeking an|we need a|we need an|we want you|the ideal candidate|\
         the successful candidate|you have|you are|you bring|you should have|must have|candidates must|deberas tener|\
         debe tener|debe contar con|debera contar con|deberas contar con|que tengas|te invitamos a ser|\
         nos orientamos a|orientamos la busqueda|orientamos nuestra busqueda|la busqueda se orienta|buscamos uma|\
         buscamos um|procuramos|estamos em busca|estamos procurando|estamos selecionando|esta em busca|precisamos de|\
         buscamos pessoas|buscamos profissional|buscamos profissionais|contrata se|contratamos|\
         nos encontramos buscando|importante tener|importante contar|importante conocer|\
         nos encontramos seleccionando|we want to hear|as a _ you|as an _ you|como _ seras|unete a|unete como|\
         sumate a",
    ),
    (Role::JobName(Requirements), "buscamos|busca|requiere|necesitamos|necesita|seeks|seeking|hiring|contratando"),
    (
        Role::Job(Responsibilities),
        "seras responsable|sera responsable|seras el|seras la|sera el responsable|sera la responsable|seras parte|\
         seras quien|tu mision sera|su mision sera|su funcion principal|el rol consiste|el puesto consiste|\
         tu objetivo sera|cuyo objetivo|quien sera responsable|sera el encargado|seras el encargado|la persona sera|\
         la persona seleccionada|el candidato sera|you will|you ll|will be responsible|is responsible for|\
         your role will|as a member|te encargaras|se encargara|trabajaras|desarrollaras|participaras|disenaras|\
         implementaras|colaboraras|lideraras|gestionaras|formaras parte|realizaras|daras soporte|construiras|\
         mantendras|analizaras|voce vai|voce sera|voce ira|sera responsavel|responsavel por|o profissional sera|\
         atuara|tendras la responsabilidad|tendras como|desde su rol|estaras a cargo|tu rol sera|dentro de tus|\
         entre tus|el puesto es",
    ),
    (
        Role::OpensUnheaded(Responsibilities),
        "this role|this position|the role|in this role|la posicion|el puesto es|reporting to|reportando|reportara|\
         principales desafios|el objetivo es|objetivo",
    ),
    // --- benefits in sentences
    (
        Role::Opens(Benefits),
        "ofrecemos|te ofrecemos|se ofrece|se ofrecen|la empresa ofrece|we offer|we also offer|we provide you|\
         oferecemos|contaras con|tendras acceso|disfrutaras|gozaras|you ll get|you will get|you will receive|\
         you ll receive|you will enjoy|you will have access to|benefits include|our benefits|nuestros beneficios|\
         entre los beneficios|brindamos|tambien ofrecemos|the salary|the base salary|base salary|the pay|\
         the compensation|the annual|salario competitivo|competitive salary|competitive compensation|\
         sueldo competitivo|remuneracion competitiva|salario base|salario mensual|sueldo base|pay range|salary range|\
         compensation range|prestaciones de ley|prestaciones superiores|contrato a termino|contrato indefinido|\
         excelente ambiente|excelente clima|importantes beneficios|vale transporte|vale alimentacao|vale refeicao|\
         plano de saude|assistencia medica|health insurance|medical dental|paid time off|100 remoto",
    ),
    (
        Role::Tells(Benefits),
        "ofrecemos contrato|ofrecemos estabilidad|ofrecemos un salario|ofrecemos excelente|se ofrece contrato|\
         te ofrecemos|we offer competitive|we offer a competitive|we offer comprehensive|compensation package|\
         benefits package|paquete de beneficios",
    ),
    (
        Role::Benefit(2),
        "salario competitivo|sueldo competitivo|remuneracion competitiva|competitive salary|prepaga|obra social|\
         seguro de vida|seguro medico|seguro de gastos|gastos medicos|medicina prepagada|health insurance|\
         life insurance|dental|401k|401|paid time off|pto|parental leave|vale transporte|vale alimentacao|\
         vale refeicao|vale alimentacion|vales de despensa|plano de saude|plano odontologico|assistencia medica|\
         assistencia odontologica|gympass|wellhub|totalpass|auxilio home office|participacao nos lucros|plr|\
         prestaciones de ley|prestaciones superiores|fondo de ahorro|caja de ahorro|aguinaldo|prima vacacional|\
         dia de cumpleanos|day off|birthday|imss|infonavit|utilidades|stock options|equity|401 k|paid holidays|\
         vacation days|dias de vacaciones|semana extra|plan de carrera|auxilio de transporte|auxilio educativo|\
         prima extralegal|beneficios extralegales|viernes flex|horario flexible|flexible hours|gimnasio|\
         gym membership|clases de ingles|english classes|cobertura medica|dias libres|dia libre|bono anual|\
         annual bonus|bono por desempeno|snacks|viaticos|paid leave|poliza de salud|licencia extendida|licencia por|\
         descuentos en|descuento en|reintegro|reintegros|swiss medical|osde|contrato a termino indefinido|\
         contrato indefinido|relacion de dependencia|flex time|wellness|tuition|performance bonus|relocation|\
         day care|bono de|descuentos",
    ),
    (
        Role::Benefit(1),
        "home office|trabajo remoto|remote work|teletrabajo|capacitacion|capacitaciones|capacitacion continua|\
         training|formacion continua|certificaciones|crecimiento|crecimiento profesional|\
         oportunidades de crecimiento|posibilidades de crecimiento|estabilidad laboral|career growth|\
         career development|ambiente laboral|ambiente de trabajo|clima laboral|flexibilidad|flexibilidad horaria|\
         work life balance|vacaciones|vacation|holidays|bono|bonos|bonus|bonuses|almuerzo|refrigerio|comedor|\
         transporte|cumpleanos|discounts|insurance|retirement|medical|vision|computadora|laptop|salario|sueldo|\
         beneficios|benefits|coaching|contrato|estabilidad",
    ),
    // --- marks in lists
    (
        Role::Wish,
        "deseable|deseables|desirable|desejavel|desejaveis|preferible|preferibles|opcional|opcionales|optional|\
         no excluyente|no excluyentes|no es excluyente|no indispensable|nao obrigatorio|nao excludente|not required|\
         not mandatory|no obligatorio|no es obligatorio|valorable|valorables",
    ),
    (
        Role::WishNext,
        "nice to have|good to have|se valora|se valorara|se valoraran|se valorara positivamente|\
         valoramos experiencia|valoramos conocimiento|valoramos conocimientos|valoramos que|valoramos positivamente|\
         valoramos especialmente|valoraremos|preferiblemente|preferentemente|preferencialmente|de preferencia|\
         preferably|ideally|idealmente|deseable conocimiento|deseable conocimientos|deseable experiencia|es deseable|\
         seria deseable|e desejavel|suma que|suma si|suma puntos|sumas puntos|a considerar|seran valorados|\
         sera valorado|sera valorada|seran valoradas|bonus points|bonus if|extra points|preference for|\
         preference given|preferencia por|plus si|un plus si|a plus if|seria ideal|nos encantaria|\
         preferred qualifications|preferred skills|preferred experience|preferred candidates|would love if|\
         se considerara|se tendra en cuenta|diferenciais|we value experience|opcionalmente",
    ),
    (
        Role::WishBefore,
        "sera un plus|seria un plus|es un plus|son un plus|seran un plus|como plus|un plus|un gran plus|is a plus|\
         are a plus|would be a plus|will be a plus|a plus|a big plus|a strong plus|is a bonus|a bonus|an advantage|\
         an asset|is preferred|are preferred|strongly preferred|highly preferred|preferred but not required|\
         preferred|desired|highly desirable|is desirable|a nice to have|is nice to have|would be nice|\
         would be beneficial|is beneficial|will be valued|es valorado|es valorada|muy valorado|muy valorada|\
         muy deseable|altamente deseable|sera valorado positivamente|sera muy valorado|sera muy valorada|\
         seran valorados positivamente|es una ventaja|sera una ventaja|seria una ventaja|es un diferencial|\
         sera un diferencial|um diferencial|e um diferencial|sera um diferencial|um plus|sera um plus|diferencial|\
         sera fuertemente valorado|sera fuertemente valorada|fuertemente valorado|plus|suma puntos|deseado|\
         se valora positivamente|se valora|valorado|valorada|not a must|sumaria|sera considerado un plus",
    ),
    (
        Role::Must,
        "excluyente|excluyentes|indispensable|indispensables|obligatorio|obligatoria|must have|mandatory|\
         imprescindible|obrigatorio|obrigatoria|imprescindivel|indispensavel|is required|are required|a must|\
         requisito excluyente|required|es excluyente|es requisito",
    ),
    // --- degrees
    (
        Role::Degree,
        "titulo en|titulo de|titulo universitario|titulo profesional|titulo de grado|titulo terciario|titulado en|\
         titulado|licenciatura en|licenciatura|licenciado en|licenciada en|licenciado|licenciados en|lic en|\
         profesional en|profesional titulado|profesional universitario|profesional graduado|profesionales en|\
         profesional de ingenieria|profesional de las carreras|tecnico en|tecnologo en|tecnico o tecnologo|\
         tecnico tecnologo|tecnico superior|tecnico universitario|tecnicatura en|graduado en|graduado de|graduado a|\
         graduado o|graduados de|graduados en|graduado universitario|egresado de|egresados de|egresado en|egresado o|\
         egresado|egresada|recibidos|recibido de|recibido|estudiante de|estudiantes de|estudiante avanzado|\
         estudiantes avanzados|estudiante universitario|estudiante o|estudiantes o|estudios universitarios|\
         estudios superiores|estudios en|estudios de|estudios tecnicos|estudios afines|estudios terciarios|\
         carrera de|carrera en|carreras de|carreras en|carrera universitaria|carrera tecnica|carrera profesional|\
         carrera afin|formacion en ingenieria|formacion academica en|formacion universitaria|formacion tecnica|\
         formacion academica|formacion superior|formacion profesional|formacion en sistemas|universitario completo|\
         universitario graduado|universitario|universitarios|ingeniero o|universitario titulado|secundario completo|\
         secundario tecnico|bachiller|bachillerato|posgrado en|postgrado en|maestria en|\
         especializacion en ingenieria|especializacion en gerencia|doctorado en|diplomado en|pregrado en|bachelor|\
         bachelors|bachelor s|master s degree|masters degree|master s in|bs|bsc|ms degree|msc|phd|b s|bs ms|ba bs|\
         bs ba|degree in|degree or|university degree|college degree|undergraduate degree|undergraduate|\
         graduate degree|associate degree|associate s degree|high school diploma|advanced degree|engineering degree|\
         technical degree|technical bachelor|four year degree|4 year degree|currently pursuing|currently enrolled|\
         pursuing a|graduacao em|graduacao completa|superior completo|superior em|ensino superior|ensino medio|\
         ensino tecnico|formacao em|formacao superior|formacao completa|formacao academica|cursando|bacharelado|\
         bacharel em|tecnologo em|pos graduacao|nivel superior|curso superior|curso tecnico|educacion superior|\
         educacion minima|nivel academico|nivel de estudios|escolaridad|escolaridade|nivel educativo",
    ),
    (
        Role::DegreeName,
        "ingenieria en|ingenieria de|ingenieria electronica|ingenieria informatica|ingenieria industrial|\
         ing en sistemas|ing de sistemas|ing sistemas|ciencias de la computacion|computer science or|\
         computer science engineering|ciencia da computacao|ciencias da computacao|sistemas de informacao|\
         engenharia da computacao|engenharia de",
    ),
    (
        Role::DegreeEnd,
        "carreras afines|carrera afines|o carreras afines|o afines|y afines|carreras similares|carreras relacionadas|\
         related field|related fields|related discipline|related technical field|areas afines|areas correlatas|\
         cursos correlatos|similar field|related degree|relevant field|equivalent degree",
    ),
    // --- the portal
    (
        Role::Furniture,
        "publicar vacante|publica tu vacante|registrate inicia sesion|inicia sesion|iniciar sesion|registrate|\
         sueldos blog|copiar enlace|compartir en|compartir en facebook|compartir por|sobre el empleo|buscar empleo|\
         crear alerta|crea tu cv|ver mas empleos|window|empleos similares|ofertas similares|vacantes similares|\
         seniority level|employment type|job function|show more show less|show more|mostrar mas|mostrar menos|\
         show less|sign in|sign up|join now|join or sign|forgot password|get notified about|set alert|similar jobs|\
         people also viewed|see who you know|report this job|denunciar empleo|denunciar oferta|reportar empleo|\
         guardar empleo|save job|easy apply|referrals increase|be among the first|nivel de antiguedad|tipo de empleo|\
         funcion laboral|esta vacante viene|vaga anunciada por|empresa contratante|nivel de educacion deseada|\
         nivel de experiencia deseada|funcion departamental|id de la vacante|numero de vacantes|postularme|\
         postularse ahora|ya te postulaste|inicio empleos|evaluar empresa|imprimir oferta|volver a resultados|\
         accede con|terminos y condiciones|politica de cookies|agregar a favoritos",
    ),
    (
        Role::Field,
        "categoria|subcategoria|categorias|area|local|industria|industries|sector|ramo|educacion minima|\
         educacion minima requerida|edad|espacio de trabajo|cantidad de vacantes|vacantes|fecha de contratacion|\
         fecha de publicacion|publicado|localidad|departamento|ciudad|pais|licencias de conducir|\
         disponibilidad de viajar|disponibilidad de cambio de residencia|personas con discapacidad|referencia|codigo|\
         job id|req id|requisition id|job code|date posted|posted|job category|job type|job family|industry|\
         nivel de experiencia|detalles|id|empleo id|tipo de puesto|tipo de contratacion|palabras clave|keywords|\
         job identification|requisition number|travel|work type|job schedule|shift",
    ),
    (
        Role::FieldLine,
        "hace # dias|hace # dia|hace # horas|hace # hora|hace # minutos|hace # semanas|hace # semana|\
         hace mas de # dias|# days ago|# hours ago|# weeks ago|# week ago|publicado hace|actualizado hace|\
         posted # days|more than # days|ha # dias|over # applicants|# applicants",
    ),
    (
        Role::AdStarts,
        "descripcion|descripcion del puesto|descripcion del empleo|descripcion de la oferta|\
         descripcion de la vacante|descripcion general|descripcion oferta|job description|description|descricao|\
         descricao da vaga|about the job|acerca del empleo",
    ),
];

/// A phrase found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// Index of the first word.
    pub at: usize,
    /// Number of words.
    pub len: usize,
    pub role: Role,
}

struct Phrase {
    /// Its second word, to pass over most phrases at once; `ANY` where it has none.
    second: u16,
    rest: Box<[u16]>,
    role: Role,
}

/// All rules, compiled.
pub(super) struct Cues {
    pub vocabulary: Vocabulary,
    kinds: Vec<u16>,
    /// Phrases by their first word, longest first.
    by_first: Vec<Vec<Phrase>>,
    /// Which second words phrases with this first word have, as bits; all ones if one has none.
    seconds: Vec<u64>,
}

static CUES: LazyLock<Cues> = LazyLock::new(Cues::new);

impl Cues {
    /// The rules; compiled at first use.
    pub fn get() -> &'static Self {
        &CUES
    }

    fn new() -> Self {
        let mut cues =
            Self { vocabulary: Vocabulary::default(), kinds: Vec::new(), by_first: Vec::new(), seconds: Vec::new() };
        for (role, list) in PHRASES {
            for phrase in list.split('|') {
                cues.add(*role, phrase.trim());
            }
        }
        for (kind, list) in KINDS {
            for word in list.split('|') {
                let id = cues.vocabulary.add(word.trim());
                let id = usize::from(id);
                cues.kinds.resize(cues.kinds.len().max(id + 1), 0);
                cues.kinds[id] |= kind;
            }
        }
        let n = cues.vocabulary.len();
        cues.kinds.resize(n.max(cues.kinds.len()), 0);
        cues.by_first.resize_with(n, Vec::new);
        for phrases in &mut cues.by_first {
            phrases.sort_by_key(|p| std::cmp::Reverse(p.rest.len()));
            let bits = phrases.iter().map(|p| if p.second == ANY { u64::MAX } else { second_bit(p.second) });
            cues.seconds.push(bits.fold(0, |all, bit| all | bit));
        }
        cues
    }

    fn add(&mut self, role: Role, phrase: &str) {
        let mut ids = phrase.split(' ').map(|word| self.vocabulary.add(word));
        let Some(first) = ids.next() else {
            return;
        };
        let rest: Box<[u16]> = ids.collect();
        let second = rest.first().copied().unwrap_or(ANY);
        let first = usize::from(first);
        if self.by_first.len() <= first {
            self.by_first.resize_with(first + 1, Vec::new);
        }
        self.by_first[first].push(Phrase { second, rest, role });
    }

    /// The kinds of a word.
    pub fn kind(&self, word: &Word) -> u16 {
        self.kinds.get(usize::from(word.id)).copied().unwrap_or(0)
    }

    /// Whether a word is of one of these kinds.
    pub fn is(&self, word: &Word, kinds: u16) -> bool {
        self.kind(word) & kinds != 0
    }

    /// All phrases, by place; of one family only the longest at each place.
    pub fn find(&self, words: &[Word]) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(words.len() / 4 + 4);
        for (at, word) in words.iter().enumerate() {
            if word.id == UNKNOWN {
                continue;
            }
            let mut seen = 0u8;
            let after = &words[at + 1..];
            let second = after.first().map_or(UNKNOWN, |w| w.id);
            if self.seconds[usize::from(word.id)] & second_bit(second) == 0 {
                continue;
            }
            for phrase in &self.by_first[usize::from(word.id)] {
                if phrase.second != second && phrase.second != ANY {
                    continue;
                }
                let family = 1 << phrase.role.family() as u8;
                if seen & family == 0 && follows(after, &phrase.rest) {
                    seen |= family;
                    hits.push(Hit { at, len: phrase.rest.len() + 1, role: phrase.role });
                }
            }
        }
        hits
    }
}

/// Signs over which no phrase runs.
const ENDS_PHRASE: u16 = gap::NEWLINE | gap::STOP | gap::COLON | gap::BULLET | gap::COMMA | gap::CLOSE;

fn second_bit(id: u16) -> u64 {
    1 << (id % 64)
}

#[inline]
fn follows(words: &[Word], rest: &[u16]) -> bool {
    rest.len() < words.len() + 1
        && rest.iter().zip(words).all(|(&id, word)| (id == word.id || id == ANY) && word.gap & ENDS_PHRASE == 0)
}
