import { pair } from "../lang";

/** What happened, and what to do about it. */
export interface ErrorWords {
  what: string;
  help: string;
}

type Reasons = Record<string, ErrorWords>;

const es: Reasons = {
  NETWORK: { what: "No hay respuesta del observatorio", help: "No se perdió nada. Revise su conexión, o si el observatorio está encendido, y vuelva a intentar." },
  FIELD_INVALID: { what: "Un dato no cumple su regla", help: "Corrija lo que se indica abajo; nada se envió." },
  PAGE_TOKEN_INVALID: { what: "La lista cambió mientras la leía", help: "Recárguela desde el comienzo." },
  MESSAGE_TOO_LARGE: { what: "El texto es demasiado grande", help: "Envíe menos texto de una vez." },
  JOB_NOT_FOUND: { what: "Este anuncio no está", help: "El enlace puede venir de otra instalación, o el anuncio fue quitado." },
  SKILL_NOT_FOUND: { what: "Esta habilidad no está", help: "Búsquela por su nombre en Habilidades." },
  OPERATION_NOT_FOUND: { what: "Esta operación no está", help: "Los registros viejos se borran solos. Las demás están en Operaciones." },
  OPERATION_STATE: { what: "La operación ya no admite eso", help: "Puede haber terminado mientras tanto: mire su estado." },
  REQUEST_ID_REUSED: { what: "Ese pedido ya se hizo con otros datos", help: "Vuelva a abrir el formulario y envíelo de nuevo." },
  CAPABILITY_MISSING: { what: "Esta instalación no puede hacer eso", help: "Le falta un servicio o un modelo. Quien la administra puede agregarlo." },
  DEPENDENCY_UNAVAILABLE: { what: "Una parte del observatorio no responde", help: "No se perdió nada. Suele volver sola en segundos; vuelva a intentar." },
  OVERLOADED: { what: "Hay demasiados pedidos a la vez", help: "Nada se envió. Espere unos segundos y vuelva a intentar." },
  DEADLINE_EXCEEDED: { what: "La respuesta tardó demasiado", help: "Vuelva a intentar, o pida menos: un solo país o un período más corto." },
  CANCELLED: { what: "Se canceló", help: "Lo que ya estaba hecho se conserva." },
  OPERATION_FAILED: { what: "Todo lo que hacía esta operación falló", help: "Mire las fallas: dicen por qué. Después puede reintentarlas." },
  SHUTTING_DOWN: { what: "El observatorio se está apagando", help: "Lo que está en marcha sigue cuando vuelva. Intente en un momento." },
  INTERNAL: { what: "Falló algo en el servidor", help: "No es culpa suya. Vuelva a intentar; si sigue, avise a quien lo administra." },
  SCHEDULE_NOT_FOUND: { what: "Este programa no está", help: "Puede que alguien lo haya quitado." },
  SCHEDULE_EXISTS: { what: "Ya hay un programa con ese nombre", help: "Elija otro nombre." },
  SPIDER_OFF: { what: "Este portal está apagado", help: "Pide que los robots no entren. Quien administra puede encenderlo a sabiendas." },
  SPIDER_NOT_FOUND: { what: "No hay tal portal", help: "En Fuentes están los que hay." },
  SPIDER_BROKEN: { what: "El portal cambió sus páginas", help: "Hay que poner al día la descripción del portal." },
  MODEL_NOT_FOUND: { what: "No hay tal modelo de lenguaje", help: "Elija otro, o configure uno." },
  MODEL_UNAVAILABLE: { what: "El modelo de lenguaje no responde", help: "Vuelva a intentar en un momento." },
  MODEL_BUDGET_SPENT: { what: "Se gastó el presupuesto de hoy del modelo", help: "Vuelve mañana (UTC), o quien administra lo sube." },
  MODEL_REFUSED: { what: "El proveedor del modelo no aceptó el pedido", help: "Quien administra debe revisar la clave y el nombre del modelo." },
  MODEL_ANSWER_MALFORMED: { what: "El modelo no dio una respuesta válida", help: "Intente de nuevo, o con otro modelo." },
  CLUSTERING_NOT_FOUND: { what: "Aún no hay mapa", help: "Se hace agrupando habilidades, en Operaciones." },
};

const en: Reasons = {
  NETWORK: { what: "The observatory does not answer", help: "Nothing was lost. Check your connection, or whether the observatory is running, and try again." },
  FIELD_INVALID: { what: "A value breaks its rule", help: "Correct what is named below; nothing was sent." },
  PAGE_TOKEN_INVALID: { what: "The list changed while you read it", help: "Load it again from the start." },
  MESSAGE_TOO_LARGE: { what: "The text is too large", help: "Send less text at a time." },
  JOB_NOT_FOUND: { what: "This ad isn't here", help: "The link may come from another installation, or the ad was removed." },
  SKILL_NOT_FOUND: { what: "This skill isn't here", help: "Look for its name under Skills." },
  OPERATION_NOT_FOUND: { what: "This operation isn't here", help: "Old records are removed by themselves. The others stand under Operations." },
  OPERATION_STATE: { what: "The operation doesn't allow that any more", help: "It may have ended meanwhile: look at its state." },
  REQUEST_ID_REUSED: { what: "That request was made before with other values", help: "Open the form again and send it once more." },
  CAPABILITY_MISSING: { what: "This installation can't do that", help: "It lacks a service or a model. Whoever runs it can add it." },
  DEPENDENCY_UNAVAILABLE: { what: "A part of the observatory does not answer", help: "Nothing was lost. It usually comes back within seconds; try again." },
  OVERLOADED: { what: "Too many requests at once", help: "Nothing was sent. Wait a few seconds and try again." },
  DEADLINE_EXCEEDED: { what: "The answer took too long", help: "Try again, or ask for less: one country, or a shorter period." },
  CANCELLED: { what: "It was cancelled", help: "What had been done is kept." },
  OPERATION_FAILED: { what: "Everything this operation did failed", help: "The failures say why. You can retry them afterwards." },
  SHUTTING_DOWN: { what: "The observatory is stopping", help: "Running work goes on when it is back. Try again in a moment." },
  INTERNAL: { what: "Something failed on the server", help: "It isn't your fault. Try again; if it stays, tell whoever runs it." },
  SCHEDULE_NOT_FOUND: { what: "This schedule isn't here", help: "Someone may have removed it." },
  SCHEDULE_EXISTS: { what: "There is a schedule of that name", help: "Choose another name." },
  SPIDER_OFF: { what: "This portal is off", help: "It asks robots to stay away. Whoever runs the observatory can turn it on knowingly." },
  SPIDER_NOT_FOUND: { what: "There is no such portal", help: "Sources lists those there are." },
  SPIDER_BROKEN: { what: "The portal changed its pages", help: "The portal's description has to be brought up to date." },
  MODEL_NOT_FOUND: { what: "There is no such language model", help: "Choose another, or configure one." },
  MODEL_UNAVAILABLE: { what: "The language model does not answer", help: "Try again in a moment." },
  MODEL_BUDGET_SPENT: { what: "Today's budget of the model is spent", help: "It is back tomorrow (UTC), or whoever runs it raises it." },
  MODEL_REFUSED: { what: "The model's provider refused the request", help: "Whoever runs the observatory should check the key and the model's name." },
  MODEL_ANSWER_MALFORMED: { what: "The model gave no valid answer", help: "Try again, or with another model." },
  CLUSTERING_NOT_FOUND: { what: "There is no map yet", help: "It is made by clustering skills, under Operations." },
};

export const reasons = pair(es, en);

export const errors = pair(
  {
    unknown: { what: "Algo no salió bien", help: "Vuelva a intentar; si sigue, avise a quien administra el observatorio." },
    again: "Volver a intentar",
    detail: "Lo que dijo el servidor",
    wait: (time: string) => `Se puede volver a intentar en ${time}.`,
  },
  {
    unknown: { what: "Something went wrong", help: "Try again; if it stays, tell whoever runs the observatory." },
    again: "Try again",
    detail: "What the server said",
    wait: (time) => `You can try again in ${time}.`,
  },
);
