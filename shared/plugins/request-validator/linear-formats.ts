/**
 * Formats of JSON Schema whose checks in ajv-formats take more than linear time for some texts (email, url), keep a state (byte), or are
 * not known to be linear (the URI family): here each is one pass. They are a little laxer about URIs: characters and scheme, not each part.
 */
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const URI_TEXT = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?:#(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?$/;
const TEMPLATE_PART = /^[+#./;?&=,!@|]?(?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})+(?::[1-9]\d{0,3}|\*)?(?:,(?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})+(?::[1-9]\d{0,3}|\*)?)*$/;
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const LABEL = /^[a-z0-9-]+$/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** RFC 5321 §4.5.3.1 */
const [MAX_LOCAL_PART, MAX_DOMAIN] = [64, 255];

export const linearFormats: Readonly<Record<string, (text: string) => boolean>> = {
  email: isEmail,
  uri: (text) => SCHEME.test(text) && URI_TEXT.test(text),
  'uri-reference': (text) => URI_TEXT.test(text),
  'uri-template': isUriTemplate,
  url: (text) => /^(?:https?|ftp):\/\/[^/?#]/i.test(text) && !/\s/.test(text) && URL.canParse(text),
  byte: (text) => text.length % 4 === 0 && BASE64.test(text),
};

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || at > MAX_LOCAL_PART || text.length - at - 1 > MAX_DOMAIN) return false;
  const labels = text.slice(at + 1).split('.');
  return LOCAL_PART.test(text.slice(0, at)) && labels.length > 1 && labels.every((label) => LABEL.test(label) && !label.startsWith('-') && !label.endsWith('-'));
}

/** Literals and expressions in braces (RFC 6570). */
function isUriTemplate(text: string): boolean {
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('{', at);
    const literal = text.slice(at, open < 0 ? text.length : open);
    if (/[\0-\x20"'<>\\^`}|]/.test(literal) || /%(?![0-9A-Fa-f]{2})/.test(literal)) return false;
    if (open < 0) return true;
    const close = text.indexOf('}', open);
    if (close < 0 || !TEMPLATE_PART.test(text.slice(open + 1, close))) return false;
    at = close + 1;
  }
  return true;
}
