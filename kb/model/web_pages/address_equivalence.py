"""Differences between two addresses of the same page: tracking parameters, and other ways to the same page.

Only certain equivalences are here: to take two pages for one is worse than to save one page twice. `EDITION` grows with
each change of these rules; the database then computes the canonical form of all its addresses again.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

EDITION = 3

_FOLLOWS = re.compile(
    # Campaigns: Google, Matomo, AT Internet, Adobe, Webtrends, HubSpot, Mailchimp, Le Monde, and click identifiers.
    r"(?:utm|mtm|matomo|pk|piwik|at|hsa|itm|lmd|sfmc|ns|stm|fb_action|guce|__cf_chl)_[a-z0-9_]*|ga_(?:source|medium|"
    r"term|content|campaign|place)|_?_hs(?:enc|mi|tc|sc|fp|sb)|hsctatracking|hss_channel|(?:d|g|fb|ms|tw|tt|y|ys)clid"
    r"|msclkid|gclsrc|[gw]braid|gad_(?:source|campaignid)|li_fat_id|igshid?|igsh|srsltid|_ga|_gl|fb_(?:ref|source)"
    r"|mc_[ce]id|mkt_tok|oly_(?:anon|enc)_id|vero_(?:conv|id)|wickedid|xtor|xts|xtref|xtatc|xtcr|xtmc|xtnp|cmpid"
    r"|s_(?:cid|kwcid)|ef_id|wt\.?_?mc(?:_id)?|elqtrack(?:id)?|rdt_cid|epik|tblci|dicbo|outbrainclickid|ob_click_id"
    r"|guccounter|_openstat|_branch_(?:match_id|referrer)|bhlid|_bta_[tc]id|_k[ex]|vgo_ee|ml_subscriber(?:_hash)?"
    r"|nr_email_referer|__s|__twitter_impression|ref_(?:src|url)|__(?:tn|xts|cft)__(?:\[\d*\])?|hc_(?:ref|location)"
    r"|smid|smtyp|wprov|lipi|licu|_ope|actcampaigntype|sr_share|amp_(?:js_v|gsa)|usqp|spm|scm"
    # Sessions, and display options of a page.
    r"|phpsessid|jsessionid|aspsessionid[a-z]*|oscsid|zenid|cfid|cftoken|session_?id|replytocom|showcomment"
    r"|var_recherche|var_mode",
    re.IGNORECASE,
)
"""Names of parameters that say who follows a link, and from where."""
_WITH_VALUE = re.compile(
    r"(?:amp|noamp|nonamp)(?:=(?:1|true|yes|amp|mobile)?)?|outputtype=amp|(?:print|imprimer|impression)=(?:1|true|y|yes)"
    r"|printable=yes|(?:format|view)=print|(?:sid|s)=[0-9a-f]{32}|cmp=share_[a-z_]+|_escaped_fragment_="
    r"|share=(?:twitter|facebook|linkedin|email|print|whatsapp|telegram|tumblr|pinterest|reddit|mastodon|bluesky)",
    re.IGNORECASE,
)
"""Parameters that say so by their value: of AMP and print, sessions, and buttons that share."""
_OF_SITES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r"(?:docs|drive)\.google\.com"), re.compile(r"usp|ouid|rtpof|sd|authuser")),
    (re.compile(r"(?:.+\.)?linkedin\.com"), re.compile(r"trk\w*|trackingid|rcm|originalsubdomain", re.IGNORECASE)),
    (re.compile(r"(?:.+\.)?(?:medium\.com)"), re.compile(r"source|sk|gi")),
    (re.compile(r".+\.substack\.com"), re.compile(r"r|s|triedredirect|isfreemail|showwelcome", re.IGNORECASE)),
    (re.compile(r".+\.blogspot\.[a-z.]+"), re.compile(r"m")),
    (re.compile(r"theguardian\.com"), re.compile(r"cmp", re.IGNORECASE)),
    (re.compile(r"github\.com"), re.compile(r"tab(?==readme-ov-file$)")),
    (re.compile(r"(?:open\.)?spotify\.com"), re.compile(r"si")),
    (re.compile(r"facebook\.com"), re.compile(r"ref|refid|refsrc|fref|_rdr|mibextid|rdid|share_url|sfnsn|locale")),
    (re.compile(r"instagram\.com"), re.compile(r"hl|img_index")),
    (re.compile(r"google\.[a-z.]+"), re.compile(r"ved|ei|sxsrf|sca_esv|gs_lcr?p|sclient|oq|aqs|sourceid|ie|biw|bih")),
)
"""Parameters that follow readers on some sites, and say something on others."""

_SESSION = re.compile(r";jsessionid=[^/;]*|/\(S\([a-z0-9]{24}\)\)(?=/)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index\.(?:html?|php\d?|shtml|xhtml|aspx?|jsp|cfm)|default\.(?:html?|aspx?))", re.IGNORECASE)
_SLASHES = re.compile(r"/{2,}")
_AMP_ENDING = re.compile(r"(?P<before>.*/(?P<last>[^/]+))/amp/?")
_AMP_FILE = re.compile(r"(?P<before>.*[^/])\.amp(?P<ending>\.html?)?")
_NOT_ARTICLES = re.compile(
    r"wiki|tags?|categor(?:y|ies)|categorie|topics?|packages?|project|search|recherche|mots?-cles?|dictionary"
    r"|dictionnaire[a-z-]*|definition|word|users?|groups?|g"
)
"""After these, `amp` is a name."""
_NAMES = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "facebook.com", "instagram.com"})
"""Sites where the second part of a path is a name that a user chose."""

_MOBILE = re.compile(r"(?P<start>[a-z-]+\.)?m\.(?P<rest>(?:[^.]+\.)+[^.]+)|amp\.(?P<amp>(?:[^.]+\.)+[^.]+)")
_WIKIMEDIA = re.compile(r"[a-z-]+\.(?:wikipedia|wiktionary|wikisource|wikiquote|wikibooks|wikinews)\.org")
_HOSTS = {
    "dx.doi.org": "doi.org",
    "x.com": "twitter.com",
    "mobile.twitter.com": "twitter.com",
    "mobile.x.com": "twitter.com",
    "old.reddit.com": "reddit.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "mobile.lemonde.fr": "lemonde.fr",
    "mobile.francetvinfo.fr": "francetvinfo.fr",
    "mobile.nytimes.com": "nytimes.com",
    "mobile.reuters.com": "reuters.com",
    "youtube-nocookie.com": "youtube.com",
    "fb.com": "facebook.com",
}
_FACEBOOK = re.compile(r"(?:[a-z]{2}-[a-z]{2}|web|touch|mbasic|mobile)\.facebook\.com")
_LINKEDIN = re.compile(r"[a-z]{2}\.linkedin\.com")


@dataclass(frozen=True, slots=True)
class Way:
    """A parsed web address: the host without user name and port, and the parameters, each as it is written."""

    host: str
    path: str
    query: tuple[str, ...]


def without_www(host: str) -> str:
    """A host without `www.` and without the final dot."""
    plain = host.removesuffix(".")
    return plain.removeprefix("www.") if "." in plain[4:] else plain


def plain_host(host: str) -> str:
    """The general host of a site: neither its mobile host nor a former one."""
    plain, before = host, ""
    while plain != before:
        before = plain
        plain = without_www(plain)
        if (match := _MOBILE.fullmatch(plain)) is not None:
            # Only fr.m.wikipedia.org: m.exemple.org is a site of exemple.org, a.m.exemple.org its own.
            inner = f"{match['start'] or ''}{match['rest']}"
            if match["amp"]:
                plain = match["amp"]
            elif not match["start"] or _WIKIMEDIA.fullmatch(inner):
                plain = inner
        plain = _HOSTS.get(plain, plain)
        if _FACEBOOK.fullmatch(plain):
            plain = "facebook.com"
        if _LINKEDIN.fullmatch(plain):
            plain = "linkedin.com"
    return plain


def without_trackers(way: Way) -> Way:
    """The address without tracking parameters, the others sorted by name; those of one name keep their order."""
    names = next((names for site, names in _OF_SITES if site.fullmatch(way.host)), None)
    parameters = [part.removeprefix("amp;") for part in way.query]
    parameters = [
        part
        for part in parameters
        if part
        and not _FOLLOWS.fullmatch(part.partition("=")[0])
        and not _WITH_VALUE.fullmatch(part)
        and not (names is not None and _is_named(names, part))
    ]
    return replace(way, query=tuple(sorted(parameters, key=lambda part: part.partition("=")[0])))


def _is_named(names: re.Pattern[str], part: str) -> bool:
    match = names.match(part)
    return match is not None and part[match.end() : match.end() + 1] in {"", "="}


def plain_path(way: Way) -> Way:
    """The address without a session in its path, doubled slashes, the name of a folder's index page, or AMP."""
    path = way.path
    before = ""
    while path != before:
        before = path
        if ";" in path or "(" in path:
            path = _SESSION.sub("", path)
        if "//" in path:
            path = _SLASHES.sub("/", path)
        path = path.rstrip("/")
        start = path.rfind("/")
        if start >= 0 and _INDEX.fullmatch(path, start):
            path = path[:start]
        path = _without_amp(way.host, path)
    return replace(way, path=path)


def _without_amp(host: str, path: str) -> str:
    if "amp" not in path:
        return path
    if (match := _AMP_ENDING.fullmatch(path)) is not None:
        is_name = host in _NAMES or _NOT_ARTICLES.fullmatch(match["last"].lower()) is not None
        return path if is_name else match["before"]
    if (match := _AMP_FILE.fullmatch(path)) is not None:
        return match["before"] + (match["ending"] or "")
    return path


_YOUTUBE = re.compile(r"/(?:embed|shorts|live|v|e)/([A-Za-z0-9_-]{11})")
_TWEET = re.compile(r"/(?:i/web|i|\w+)/status(?:es)?/(\d+)(?:/(?:photo|video)/\d+)?")
_AMAZON = re.compile(r"(?:/.*)?/(?:dp|gp/product|gp/aw/d)/([A-Z0-9]{10})(?:/.*)?")
_QUESTION = re.compile(r"/(?:questions|q)/(\d+)(?:/[^/]*)?")
_DOCUMENT = re.compile(
    r"/(document|spreadsheets|presentation|file)(?:/u/\d+)?/d/([\w-]{20,})(?:/(?:edit|view|preview|mobilebasic|copy))?"
)
_VIMEO = re.compile(r"/video/(\d+)")
_DAILYMOTION = re.compile(r"(?:/embed)?/video/([A-Za-z0-9]+)(?:_[^/]*)?")


def on_its_site(way: Way) -> Way:
    """The address as its own site would write it, for sites that have several addresses for one page."""
    host, path = way.host, way.path
    match host:
        case "youtu.be":
            return _video(path[1:], way)
        case "youtube.com" if path == "/watch":
            return _video(next((parameter[2:] for parameter in way.query if parameter.startswith("v=")), ""), way)
        case "youtube.com" if match := _YOUTUBE.fullmatch(path):
            return _video(match[1], way)
        case "twitter.com" if match := _TWEET.fullmatch(path):
            return Way(host, f"/i/status/{match[1]}", ())
        case "doi.org":
            return replace(way, path=path.replace("%2F", "/").lower())
        case "arxiv.org" if path.startswith("/pdf/"):
            return replace(way, path=_without_ending(path, ".pdf"))
        case "github.com" | "gitlab.com":
            return replace(way, path=_without_ending(path, ".git"))
    return _video_or_document(way)


def _video_or_document(way: Way) -> Way:
    host, path = way.host, way.path
    match host:
        case "player.vimeo.com" if match := _VIMEO.fullmatch(path):
            return Way("vimeo.com", f"/{match[1]}", ())
        case "dai.ly":
            return Way("dailymotion.com", f"/video{path}", ())
        case "dailymotion.com" if match := _DAILYMOTION.fullmatch(path):
            return Way(host, f"/video/{match[1]}", ())
        case "docs.google.com" | "drive.google.com" if match := _DOCUMENT.fullmatch(path):
            return Way(host, f"/{match[1]}/d/{match[2]}", way.query)
        case "drive.google.com" if path == "/open" and len(way.query) == 1 and way.query[0].startswith("id="):
            return Way(host, f"/file/d/{way.query[0][3:]}", ())
    return _on_its_kind(way)


def _on_its_kind(way: Way) -> Way:
    host, path = way.host, way.path
    if host.startswith("amazon.") and (match := _AMAZON.fullmatch(path)):
        return Way(host, f"/dp/{match[1]}", ())
    if (host == "stackoverflow.com" or host.endswith(".stackexchange.com")) and (match := _QUESTION.fullmatch(path)):
        return Way(host, f"/questions/{match[1]}", ())
    if path == "/w" and _WIKIMEDIA.fullmatch(host) and len(way.query) == 1 and way.query[0].startswith("title="):
        return Way(host, f"/wiki/{way.query[0][6:].replace('+', '_')}", ())
    return way


def _without_ending(path: str, ending: str) -> str:
    while path.endswith(ending):
        path = path.removesuffix(ending)
    return path


def _video(name: str, way: Way) -> Way:
    """The page of one video, without start time and playlist."""
    return Way("youtube.com", "/watch", (f"v={name}",)) if name and "/" not in name else way


_LEADS_ON = (
    (re.compile(r"(?:www\.)?google\.[a-z.]+"), "/url", ("q", "url")),
    (re.compile(r"(?:l|lm|www)\.facebook\.com"), "/l.php", ("u",)),
    (re.compile(r"l\.instagram\.com"), "/", ("u",)),
    (re.compile(r"(?:www\.)?youtube\.com"), "/redirect", ("q",)),
    (re.compile(r"(?:[a-z0-9-]+\.)?safelinks\.protection\.outlook\.com"), "/", ("url",)),
    (re.compile(r"(?:html\.|www\.)?duckduckgo\.com"), "/l/", ("uddg",)),
    (re.compile(r"slack-redir\.net"), "/link", ("url",)),
    (re.compile(r"(?:www\.)?linkedin\.com"), "/redir/redirect", ("url",)),
    (re.compile(r"t\.umblr\.com"), "/redirect", ("z",)),
)
"""Pages that show nothing and lead on to the address that they are given, by this parameter."""
_KEPT_BY_GOOGLE = re.compile(r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org|(?:www\.)?google\.[a-z.]+")
_AMP_PATH = re.compile(r"/(?:amp|[acv])/(s/)?([^/?]+\..+)")


def leads_to(href: str) -> str | None:
    """The target of an address that only redirects, or is a mobile copy; None for a page's own address."""
    authority, slash, rest = href.partition("//")[2].partition("/")
    path, _, query = rest.partition("#")[0].partition("?")
    for host, here, names in _LEADS_ON:
        if slash + path == here and host.fullmatch(authority):
            parameters = dict(part.partition("=")[::2] for part in reversed(query.split("&")))
            target = next((unquote(parameters[name]) for name in names if name in parameters), "")
            return target if target.startswith(("http://", "https://")) else None
    if _KEPT_BY_GOOGLE.fullmatch(authority) and (match := _AMP_PATH.fullmatch(slash + rest)):
        is_google = authority.removeprefix("www.").startswith("google.")
        if is_google == path.startswith("amp/"):
            return f"http{'s' if match[1] else ''}://{match[2]}"
    return None
