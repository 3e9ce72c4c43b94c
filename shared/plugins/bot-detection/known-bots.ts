/**
 * Programs that fetch pages by themselves and say so in User-Agent: search engines, archives, previews, scanners, collectors of
 * training data. By what their operators publish; libraries (curl, python-requests) are not on it, because API clients are made with them.
 */

/** Looked for anywhere in the text, without regard to case. */
const NAMES: readonly string[] = [
  // Search engines
  'Googlebot', 'Googlebot-Image', 'AdsBot-Google', 'Mediapartners-Google', 'Storebot-Google', 'Google-InspectionTool', 'GoogleOther', 'bingbot', 'BingPreview', 'adidxbot', 'msnbot',
  'Baiduspider', 'YandexBot', 'YandexImages', 'YandexMobileBot', 'YandexAccessibilityBot', 'DuckDuckBot', 'DuckAssistBot', 'Yahoo! Slurp', 'Applebot', 'Sogou web spider', 'Sogou inst spider', 'YisouSpider',
  '360Spider', 'HaosouSpider', 'PetalBot', 'Qwantify', 'Qwantbot', 'SeznamBot', 'Naverbot', 'Yeti/', 'coccocbot', 'MojeekBot', 'Exabot', 'ia_archiver', 'archive.org_bot', 'CCBot', 'Nutch', 'heritrix',
  // Previews and social networks
  'facebookexternalhit', 'facebookcatalog', 'meta-externalagent', 'Twitterbot', 'LinkedInBot', 'Slackbot', 'Discordbot', 'TelegramBot', 'WhatsApp/', 'Pinterestbot', 'redditbot', 'SkypeUriPreview', 'Embedly', 'vkShare', 'Tumblr/', 'Mastodon/',
  // Collectors for search marketing and monitoring
  'AhrefsBot', 'AhrefsSiteAudit', 'SemrushBot', 'MJ12bot', 'DotBot', 'rogerbot', 'BLEXBot', 'DataForSeoBot', 'SEOkicks', 'serpstatbot', 'SISTRIX', 'Screaming Frog', 'Siteimprove', 'MegaIndex', 'LinkpadBot', 'linkdexbot', 'spbot',
  'ZoominfoBot', 'BUbiNG', 'Barkrowler', 'Cincraw', 'Pingdom.com_bot', 'UptimeRobot', 'StatusCake', 'Site24x7', 'GTmetrix', 'ScoutJet', 'Gigabot', 'TurnitinBot', 'Mail.RU_Bot', 'magpie-crawler', 'Scrapy',
  // Collectors of training data
  'GPTBot', 'ChatGPT-User', 'OAI-SearchBot', 'ClaudeBot', 'Claude-User', 'Claude-SearchBot', 'anthropic-ai', 'PerplexityBot', 'Perplexity-User', 'Bytespider', 'Amazonbot', 'cohere-ai', 'Diffbot', 'omgili', 'ImagesiftBot', 'AI2Bot', 'YouBot', 'Timpibot', 'img2dataset',
  // Scanners
  'Nikto', 'sqlmap', 'Nmap Scripting Engine', 'masscan', 'zgrab', 'CensysInspect', 'Expanse, a Palo Alto', 'Nessus', 'OpenVAS', 'WPScan', 'Acunetix', 'Netsparker', 'dirbuster', 'gobuster', 'feroxbuster', 'nuclei', 'w3af', 'httrack', 'WebZIP', 'WebCopier', 'EmailCollector', 'EmailSiphon',
];

/**
 * Plain texts only, so that JavaScript's engine finds them in linear time too. The last one takes those that name themselves by what they
 * are: `examplebot/1.0`, `example-crawler/2`, `ExampleSpider/3.1`. A bounded look at each place where such a word stands.
 */
export const KNOWN_BOTS = new RegExp(`${NAMES.map((name) => name.replaceAll(/[.*+?^$(){}|[\]\\/]/g, String.raw`\$&`)).join('|')}|(?:bot|crawler|spider)[/ -]v?\\d`, 'i');
