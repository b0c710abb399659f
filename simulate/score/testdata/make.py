#!/usr/bin/env python3
"""Writes the labelled sets of this folder: `python3 make.py`.

Every incident is written by hand below: who reports it, when, from where and in which words. What is drawn from a
seeded generator is only what nobody decides: seconds of delay and metres of error, and the background.
`tuned` is what the parameters may be fitted to; `heldout` has other places, natures, texts and geometry.
"""
import json, math, random, uuid
from datetime import datetime, timedelta, timezone

NS = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
PLACES = {
    "kapellerlaan": (5.9924, 51.1884), "markt": (5.9855, 51.1943), "munster": (5.9877, 51.1934), "station": (5.9942, 51.1924),
    "donderberg": (6.0043, 51.2067), "outlet": (5.9905, 51.2004), "maasniel": (6.0150, 51.2010), "herten": (5.9693, 51.1788),
    "swalmen": (6.0337, 51.2311), "willem2": (6.0320, 51.1990), "roerkade": (5.9818, 51.1925), "hoogvonderen": (6.0005, 51.1800),
    "melick": (6.0200, 51.1590), "linne": (5.9410, 51.1560), "horn": (5.9470, 51.2120), "haelen": (5.9560, 51.2350),
    "a73oost": (6.0362, 51.2004), "a73noord": (6.0534, 51.2356), "a73zuid": (6.0257, 51.1787), "n280": (5.9735, 51.1986),
    "maasbrug": (5.9788, 51.1950), "hatenboer": (5.9700, 51.2090), "ool": (5.9510, 51.1780), "thorn": (5.8410, 51.1610),
    "wessem": (5.8790, 51.1600), "echt": (5.8720, 51.1050), "venlo": (6.1720, 51.3700), "weert": (5.7070, 51.2510),
    "reuver": (6.0790, 51.2840), "posterholt": (6.0370, 51.1210), "heythuysen": (5.8980, 51.2490), "roggel": (5.9220, 51.2630),
    "a2echt": (5.8560, 51.0980), "n273": (5.9080, 51.2110), "leudal": (5.9150, 51.2500), "maasplassen": (5.9550, 51.1690),
}


class Set:
    def __init__(self, name, seed, start):
        self.name, self.r, self.start, self.n, self.rows = name, random.Random(seed), start, 0, []

    def move(self, at, east, north):
        return (at[0] + east / (111320 * math.cos(math.radians(at[1]))), at[1] + north / 111320)

    def off(self, at, metres):
        d, a = metres * math.sqrt(self.r.random()), self.r.random() * 2 * math.pi
        return self.move(at, d * math.cos(a), d * math.sin(a))

    def ev(self, label, minute, typ, at=None, err=0, late=None, attrs=None, src=None, **kw):
        """One event: minute of the set, place with error in m, attributes, and any other field of the form."""
        self.n += 1
        t = self.start + timedelta(minutes=minute)
        rec = t + timedelta(seconds=late if late is not None else self.r.uniform(1, 12))
        e = {"specversion": "1.0", "id": str(uuid.uuid5(NS, f"{self.name}/{self.n}")), "source": src or SOURCES[typ], "type": typ,
             "time": stamp(t), "recordedtime": stamp(rec), "datacontenttype": "application/json"}
        for name in ("subject", "expirytime"):
            if name in kw:
                e[name] = kw.pop(name)
        data = {"status": "actual", "msgtype": "alert"}
        if at is not None:
            p = self.off(at, err) if err else at
            data["geometry"] = {"type": "Point", "coordinates": [round(p[0], 6), round(p[1], 6)]}
        loc = {k: kw.pop(k) for k in ("ce", "method", "address") if k in kw}
        if loc:
            data["location"] = loc
        data.update(kw)
        if attrs:
            data["attrs"] = attrs
        e["data"] = data
        self.rows.append((rec, self.n, e, label))
        return e["id"]

    # The usual voices, short enough to write an incident in a line each.
    def call(self, label, minute, at, nature, text, err=60, ce=None, **kw):
        attrs = {}
        if nature: attrs["nature"] = nature
        if text: attrs["text"] = text
        if ce: kw["ce"] = ce
        return self.ev(label, minute, "police.dispatch.call", at, err, attrs=attrs, **kw)

    def cad(self, label, minute, at, nature, text="", state="active", err=15, **kw):
        self.n += 0
        attrs = {"nature": nature, "state": state}
        if text: attrs["text"] = text
        return self.ev(label, minute, "police.dispatch.incident", at, err, attrs=attrs, **kw)

    def cam(self, label, minute, at, what, camera, conf=80, err=0, **kw):
        return self.ev(label, minute, "sensor.camera.object", at, err, attrs={"label": what, "camera": camera}, confidence=conf, **kw)

    def post(self, label, minute, text, at=None, err=200, repeats=None, **kw):
        attrs = {"text": text}
        if repeats: attrs["repeats"] = repeats
        return self.ev(label, minute, "open.social.post", at, err, attrs=attrs, **kw)

    def page(self, label, minute, text, at=None, err=40, priority=1, **kw):
        return self.ev(label, minute, "open.paging.message", at, err, attrs={"text": text, "priority": priority}, **kw)

    def plate(self, label, minute, at, plate, camera, conf=93, cand=None, **kw):
        ent = {"type": "vehicle", "value": plate}
        if cand: ent["candidates"] = [{"value": cand, "confidence": conf - 8}]
        return self.ev(label, minute, "sensor.anpr.passage", at, attrs={"camera": camera}, confidence=conf, entities=[ent], **kw)

    def alarm(self, label, minute, at, what, device, state="raised", **kw):
        return self.ev(label, minute, "sensor.alarm.trigger", at, attrs={"alarm": what, "device": device, "state": state}, **kw)

    def warn(self, label, minute, headline, event, at=None, km=None, **kw):
        if km:
            ring = [list(map(lambda v: round(v, 5), self.move(at, x * km * 500, y * km * 500))) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
            kw["geometry"] = {"type": "Polygon", "coordinates": [ring]}
            at = None
        kw = {"severity": "severe", "urgency": "immediate", "certainty": "observed", **kw}
        return self.ev(label, minute, "open.warning.alert", at, attrs={"event": event}, headline=headline, language="nl", **kw)

    def write(self):
        self.rows.sort(key=lambda x: (x[0], x[1]))
        with open(f"{self.name}.events.ndjson", "w") as f:
            for _, _, e, _ in self.rows:
                f.write(json.dumps(e, ensure_ascii=False, separators=(",", ":")) + "\n")
        with open(f"{self.name}.truth.ndjson", "w") as f:
            for _, _, e, label in self.rows:
                f.write(json.dumps({"event": e["id"], "incident": label}) + "\n")
        labels = {l for *_, l in self.rows if l}
        print(f"{self.name}: {len(self.rows)} events, {len(labels)} incidents, {sum(1 for r in self.rows if r[3])} labelled")


SOURCES = {
    "police.dispatch.call": "dispatch/lmk", "police.dispatch.incident": "dispatch/lmk", "sensor.camera.object": "frigate/stad",
    "open.social.post": "mastodon/nl", "open.paging.message": "p2000/limburg-noord", "sensor.anpr.passage": "anpr/roermond",
    "sensor.alarm.trigger": "pac/limburg", "open.warning.alert": "cap/nl-alert", "open.traffic.situation": "ndw/datex",
    "open.news.item": "rss/1limburg", "sensor.audio.detection": "audio/stad", "sensor.vessel.position": "ais/maas",
    "sensor.water.level": "rws/water", "police.unit.status": "c2000/units", "sensor.unit.position": "c2000/units",
    "open.rail.disruption": "ns/storingen", "sensor.aircraft.position": "adsb/maastricht", "open.quake.event": "knmi/quakes",
    "sensor.weather.observation": "knmi/stations",
}


def stamp(t):
    return t.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def car(p): return [{"type": "vehicle", "value": p}]
def phone(n): return [{"type": "phone", "role": "caller", "value": f"+3160{n:07d}"}]


def background(s, minutes, calls, cameras):
    r, spots = s.r, list(PLACES.values())
    for _ in range(calls):
        m, at = r.uniform(0, minutes), s.off(r.choice(spots), 600)
        nature, text = r.choice([
            ("public.nuisance", "Jongeren hangen rond bij de speeltuin en maken herrie"), ("public.nuisance", "Buren draaien keiharde muziek"),
            ("traffic.parking", "Auto staat voor mijn inrit geparkeerd"), ("", "Meneer wil weten hoe laat het bureau open is"),
            ("theft.pickpocket", "Portemonnee kwijt na het winkelen, vermoedelijk gerold"), ("public.other", "Hond loopt los op straat, geen eigenaar te zien"),
            ("public.nuisance", "Er wordt vuurwerk afgestoken op het veldje"), ("theft.bicycle", "Fiets gestolen uit de stalling, slot doorgeknipt"),
            ("public.other", "Mevrouw hoort al de hele nacht een piepend geluid"), ("", "Per ongeluk gebeld, kind speelt met telefoon"),
        ])
        s.call(None, m, at, nature, text, err=0, **r.choice([{}, {"ce": 80}, {"entities": phone(r.randrange(10**7))}, {"ce": 1000, "method": "cell"}]))
    for _ in range(cameras):
        m, spot = r.uniform(0, minutes), r.choice(spots[:16])
        what = r.choice(["person", "person", "car", "car", "bicycle", "dog", "truck"])
        s.cam(None, m, spot, what, f"cam-{spots.index(spot)}", conf=r.randrange(55, 97))
    for _ in range(cameras // 2):
        m = r.uniform(0, minutes)
        p = "".join(r.choice("BDFGHJKLNPRSTVXZ") for _ in range(2)) + f"{r.randrange(100, 999)}" + r.choice("BDFGHJK")
        s.plate(None, m, r.choice(spots[16:20]), p, f"anpr-{r.randrange(9)}", conf=r.randrange(80, 99))
    for m, text, at in [(55, "Lekker gegeten op de Markt in Roermond, wat een avond", PLACES["markt"]), (130, "De zon staat in brand, wat een kleuren boven de Maas", PLACES["roerkade"]),
                        (260, "Nieuwe sneakers gescoord bij de Outlet! Mijn bankrekening staat in brand haha", PLACES["outlet"]), (410, "Weer file op de A73, zucht", None),
                        (520, "Wie gaat er mee naar VVV vanavond?", None), (610, "Die wedstrijd was een slagveld, vechten voor elke bal", None)]:
        if m < minutes: s.post(None, m, text, at)
    for i in range(int(minutes // 60)):
        s.ev(None, i * 60 + 3, "sensor.water.level", PLACES["maasbrug"], attrs={"site": "Roermond boven", "level_m": 16.9 + i / 100})
        s.ev(None, i * 60 + 20, "sensor.vessel.position", s.off(PLACES["hatenboer"], 300), subject=f"24463000{i % 4}", track={"speed": 3.1, "course": 20},
             entities=[{"type": "vessel", "value": f"24463000{i % 4}"}], attrs={"status": "under way using engine"})


def tuned():
    s, P = Set("tuned", 11, datetime(2026, 3, 27, 6, 0, tzinfo=timezone.utc)), PLACES
    # Ten callers about one fire, one of them by a mast, one without a place, one who only says what she smells.
    f, at = "fire-kapellerlaan", P["kapellerlaan"]
    for i, (dt, text, err, kw) in enumerate([
        (0, "Er slaat rook uit een woning", 40, {"ce": 60}), (0.4, "Brand! Vlammen uit het dak bij de buren", 60, {"ce": 60, "address": "Kapellerlaan 112, Roermond"}),
        (0.9, "Ik zie een huis in de fik staan op de Kapellerlaan", 500, {"ce": 1000, "method": "cell"}), (1.2, "Dikke zwarte rook, ik hoor knallen", 150, {}),
        (1.8, "Woningbrand, er staan nog mensen boven", 30, {"address": "Kapellerlaan 114, Roermond"}), (2.5, "Hier staat een huis in brand", 90, {}),
        (3.1, "Veel rook in de straat, mijn ogen prikken", 220, {"ce": 150}), (4, "Uitslaande brand Kapellerlaan", None, {"address": "Kapellerlaan 112, Roermond"}),
        (6.5, "Brandlucht en rook in mijn slaapkamer", 180, {"entities": phone(12)}), (9, "Die brand slaat over naar het dak van nummer 110", 60, {})]):
        s.call(f, 20 + dt, None if err is None else at, "fire.building", text, err or 0, **kw)
    s.page(f, 21.5, "P 1 BRW-Roermond Gebouwbrand woning Kapellerlaan 112 Roermond 231431", at)
    s.cad(f, 22, at, "fire.building", "Woningbrand, middelbrand")
    s.cam(f, 22.5, s.move(at, 90, 60), "smoke", "cam-kapellerlaan", 77)
    first = s.post(f, 26, "Grote brand Kapellerlaan Roermond, brandweer massaal aanwezig #roermond", s.move(at, 120, -80), 50)
    for k in range(3): s.post(f, 28 + 2 * k, "RT Grote brand Kapellerlaan Roermond, brandweer massaal aanwezig #roermond", repeats=first)
    s.warn(f, 30, "NL-Alert: grote brand Kapellerlaan Roermond, veel rook", "Rookpluim", at, 1.5, category=["fire"])
    s.ev(f, 45, "open.news.item", None, headline="Grote brand in woning aan Kapellerlaan in Roermond", attrs={"text": "De brandweer is met groot materieel uitgerukt voor een brand in een woning aan de Kapellerlaan."})
    # A second fire 400 m away, at the same time.
    g, at2 = "fire-hoogvonderen", s.move(P["kapellerlaan"], 60, -400)
    s.call(g, 24, at2, "fire.outdoor", "Container staat in brand achter de school", 30, ce=30)
    s.call(g, 25, at2, "fire.outdoor", "Een brandende afvalcontainer, jongens rennen weg", 40, ce=40)
    s.page(g, 26, "P 2 Containerbrand Burgemeester Thomassenlaan Roermond", at2, 20, 2, address="Burgemeester Thomassenlaan, Roermond")
    s.cad(g, 27, at2, "fire.outdoor", "Containerbrand", address="Burgemeester Thomassenlaan, Roermond")
    # Two collisions on one motorway, opposite directions, ten minutes apart.
    a, b = "collision-a73-re", "collision-a73-li"
    m = P["a73oost"]
    s.call(a, 70, m, "traffic.collision", "Ongeval A73 richting Venlo, twee auto's op elkaar", 150, ce=100)
    s.call(a, 71, s.move(m, 30, 200), "traffic.collision", "Aanrijding op de snelweg A73 rechts, richting Venlo, een gewonde", 100)
    s.ev(a, 73, "open.traffic.situation", s.move(m, 10, 50), headline="Ongeval A73 richting Nijmegen bij Roermond-Oost, linkerrijstrook dicht", attrs={"road": "A73", "nature": "accident"})
    s.cad(a, 73.5, m, "traffic.collision", "Aanrijding letsel A73 Re hmp 22,1")
    s.page(a, 74, "A1 Ambulance naar A73 Re 22,1 Roermond ongeval letsel", m)
    o = s.move(m, -30, -350)
    s.call(b, 80, o, "traffic.collision", "Kijkersfile, hier zijn net drie auto's gebotst op de A73 richting Maasbracht", 60, ce=80)
    s.call(b, 81.5, o, "traffic.collision", "Botsing A73 links richting Maastricht, airbags uit", 60)
    s.cad(b, 83, o, "traffic.collision", "Aanrijding materieel A73 Li hmp 21,7")
    # Burglary alarm beside a noise complaint.
    x, at = "burglary-outlet", P["outlet"]
    s.alarm(x, 130, at, "burglary", "pac-7712", address="Stadsweide 2, Roermond")
    s.cam(x, 130.8, s.move(at, 40, 20), "person", "cam-outlet", 86)
    s.call(x, 132, at, "theft.burglary", "Ik zie twee mannen bij de achterdeur van de sportzaak, er gaat een alarm", 50)
    s.cad(x, 133, at, "theft.burglary", "Inbraak bedrijf", address="Stadsweide 2, Roermond")
    s.call("noise-outlet", 131, s.move(at, 60, -40), "public.nuisance", "Geluidsoverlast van een feest naast de outlet", 20)
    # False alarms, restored.
    for i, (where, dt) in enumerate([("swalmen", 150), ("herten", 155), ("maasniel", 300)]):
        l = f"false-alarm-{i + 1}"
        s.alarm(l, dt, P[where], "burglary", f"pac-80{i}")
        s.alarm(l, dt + 4, P[where], "burglary", f"pac-80{i}", "restored")
    s.alarm("fire-alarm-school", 170, P["horn"], "fire", "oms-441", address="Rijksweg 20, Horn")
    s.page("fire-alarm-school", 171, "P 2 OMS automatische melding school Rijksweg 20 Horn", P["horn"], 30, 2)
    s.cad("fire-alarm-school", 172, P["horn"], "alarm.fire", "OMS brandmelding")
    s.alarm("fire-alarm-school", 176, P["horn"], "fire", "oms-441", "restored", address="Rijksweg 20, Horn")
    # A storm: a warning, and many trees that have nothing to do with each other.
    s.warn("storm-warning", 195, "Code oranje: zeer zware windstoten in Limburg", "Wind", P["markt"], 60, urgency="expected", certainty="likely")
    for i, (where, texts) in enumerate([
        ("donderberg", ["Boom omgewaaid over de weg", "Er ligt een boom dwars over de Donderbergweg", "Boom op auto gevallen"]),
        ("linne", ["Dakpannen waaien van het dak", "Losse dakplaten bij de boerderij, levensgevaarlijk"]),
        ("haelen", ["Grote tak op de rijbaan", "Omgevallen boom blokkeert de Roggelseweg", "Boom op stroomkabel"]),
        ("swalmen", ["Bouwsteiger is omgewaaid", "Steiger ligt tegen de gevel, mensen schrikken"]),
        ("melick", ["Een boom ligt op het fietspad", "Boom over fietspad Melick"])]):
        l = f"storm-{where}"
        for k, text in enumerate(texts): s.call(l, 205 + 3 * i + 1.6 * k, P[where], "public.hazard", text, 90, **({"ce": 120} if k else {}))
        if i % 2 == 0: s.cad(l, 212 + 3 * i, P[where], "public.hazard", "Stormschade")
        else: s.page(l, 212 + 3 * i, "P 2 Stormschade " + where.title(), P[where], 80, 2)
    # A stolen car through the region.
    c = "stolen-car-kx"
    s.call(c, 250, P["station"], "theft.vehicle", "Mijn auto is net gestolen van de parkeerplaats, zwarte Golf, KX-482-B", 30, entities=car("KX482B"))
    s.cad(c, 252, P["station"], "theft.vehicle", "Diefstal voertuig KX482B", entities=car("KX482B"))
    s.plate(c, 255, P["n280"], "KX482B", "anpr-n280")
    s.plate(c, 262, P["a73zuid"], "KX4828", "anpr-a73z", 71, "KX482B")
    s.plate(c, 270, P["echt"], "KX482B", "anpr-echt")
    s.plate(c, 291, P["weert"], "KX482B", "anpr-weert", 88)
    s.call(c, 296, P["weert"], "theft.vehicle", "Hier staat een zwarte Golf met draaiende motor, kenteken KX-482-B, niemand erin", 120, entities=car("KX482B"))
    # A missing child, found elsewhere; a second child at the same time, in another town.
    k = "child-sem"
    s.call(k, 310, P["munster"], "person.missing-child", "Mijn zoontje Sem van 6 is weg, blauwe jas, we waren op het Munsterplein", 40)
    s.cad(k, 313, P["munster"], "person.missing-child", "Vermist kind 6 jaar, blauwe jas")
    s.post(k, 325, "Wie heeft Sem (6) gezien? Blauwe jas, voor het laatst op het Munsterplein Roermond", P["munster"], 100)
    s.call(k, 340, s.move(P["roerkade"], 60, 0), "person.missing-child", "Er loopt hier een jongetje alleen met een blauwe jas, hij zegt dat hij Sem heet", 40)
    q = "child-noor"
    s.call(q, 322, P["weert"], "person.missing-child", "Dochter Noor, 4 jaar, kwijt op de kermis in Weert", 50)
    s.cad(q, 326, P["weert"], "person.missing-child", "Vermist kind 4 jaar, kermis Weert")
    s.call(q, 331, P["weert"], "person.missing-child", "Meisje Noor is gevonden bij de botsauto's", 90)
    # Fights, and a robbery not far away.
    v = "fight-markt"
    s.cam(v, 360, P["markt"], "crowd", "cam-markt", 82)
    for dt, text in [(0.5, "Vechtpartij op de Markt, wel tien man"), (1.3, "Er wordt gevochten voor het café"), (2, "Ze slaan elkaar met stoelen"), (5, "Er ligt iemand op de grond, bloedend hoofd")]:
        s.call(v, 360 + dt, P["markt"], "violence.fight", text, 70, **({"ce": 100} if dt > 1 else {}))
    s.ev(v, 361, "sensor.audio.detection", s.move(P["markt"], 40, 10), attrs={"label": "scream", "device": "mic-3"}, confidence=74)
    s.cad(v, 363, P["markt"], "violence.fight", "Vechtpartij horeca")
    s.page(v, 366, "A1 Markt Roermond vechtpartij gewonde", P["markt"], 60)
    w = "robbery-station"
    s.alarm(w, 364, P["station"], "hold-up", "pac-3321", address="Stationsplein 8, Roermond")
    s.call(w, 365, P["station"], "theft.robbery", "Overval op de avondwinkel, man met mes", 40, ce=50)
    s.cad(w, 366, P["station"], "theft.robbery", "Overval winkel", address="Stationsplein 8, Roermond")
    # Gas leak with several reporters, none of whom uses the same word.
    z = "gas-maasniel"
    s.call(z, 390, P["maasniel"], "gas.leak", "Sterke gaslucht in de straat", 60)
    s.call(z, 392, P["maasniel"], "gas.leak", "Ze hebben bij graafwerk een leiding geraakt, het sist", 30, ce=40)
    s.page(z, 394, "P 1 Gaslekkage buiten Raadhuisstraat Roermond-Maasniel", P["maasniel"], 50)
    s.cad(z, 395, P["maasniel"], "gas.leak", "Gaslek")
    s.post(z, 400, "Hele straat afgezet in Maasniel vanwege gaslek, mogen ons huis niet in", P["maasniel"], 120)
    # A vessel at a bridge.
    n = "vessel-maasbrug"
    for i in range(4):
        s.ev(n, 420 + i * 0.5, "sensor.vessel.position", s.move(P["maasbrug"], -40, -420 + 90 * i), subject="244671001", track={"speed": 4.6, "course": 10},
             entities=[{"type": "vessel", "value": "244671001"}], attrs={"status": "under way using engine", "name": "STORMVOGEL"})
    s.call(n, 420.7, P["maasbrug"], "public.other", "Er komt een schip recht op de Maasbrug af, de brug gaat niet open", 60)
    s.cad(n, 422, P["maasbrug"], "water.hazard", "Schip zonder besturing nadert Maasbrug")
    # A wrong-way driver.
    y = "wrong-way-a73"
    s.call(y, 440, P["a73zuid"], "traffic.wrong-way", "Spookrijder op de A73 bij de Roertunnel", 200, ce=300)
    s.call(y, 441, s.move(P["a73zuid"], 300, 900), "traffic.wrong-way", "Er komt mij een auto tegemoet op de A73!", 200)
    s.ev(y, 442, "open.traffic.situation", s.move(P["a73zuid"], 200, 600), headline="Spookrijder A73 tussen Linne en Roermond-Oost", attrs={"road": "A73", "nature": "wrong-way driver"})
    s.cad(y, 443, P["a73zuid"], "traffic.wrong-way", "Spookrijder A73")
    # Small incidents with two or three reports each, sparse.
    small = [
        ("fire-car-n273", "n273", 460, [("call", "fire.vehicle", "Auto in brand langs de N273"), ("page", "P 1 Voertuigbrand N273 Baexem"), ("cad", "fire.vehicle", "Voertuigbrand")]),
        ("fire-heide", "reuver", 470, [("call", "fire.outdoor", "De heide staat in brand"), ("call", "fire.outdoor", "Rookpluim boven het natuurgebied"), ("page", "P 1 Natuurbrand Meerlebroek Reuver")]),
        ("collision-fietser", "willem2", 480, [("call", "traffic.collision", "Fietser aangereden door auto"), ("call", "traffic.collision", "Meisje op fiets geschept op de rotonde"), ("page", "A1 Ongeval letsel Oranjelaan Roermond")]),
        ("collision-scooter", "herten", 486, [("call", "traffic.collision", "Scooter gevallen, been gebroken"), ("cad", "traffic.collision", "Eenzijdig ongeval scooter")]),
        ("burglary-horn", "horn", 500, [("call", "theft.burglary", "Er breekt iemand in bij de buren"), ("cad", "theft.burglary", "Inbraak woning, heterdaad")]),
        ("burglary-melick", "melick", 505, [("alarm", "burglary", "pac-6110"), ("call", "theft.burglary", "Alarm gaat af bij de juwelier en de ruit is kapot")]),
        ("fight-station", "station", 515, [("call", "violence.fight", "Twee mannen vechten op het perron"), ("call", "violence.fight", "Er wordt geslagen op het station")]),
        ("weapon-donderberg", "donderberg", 530, [("call", "violence.weapon", "Man met een vuurwapen in het portiek"), ("cad", "violence.weapon", "Persoon met vuurwapen")]),
        ("flood-kelder", "ool", 540, [("call", "water.flood", "Kelder loopt vol met water uit de Maas"), ("call", "water.flood", "Straat staat blank"), ("cad", "water.flood", "Wateroverlast")]),
        ("drowning-plas", "maasplassen", 550, [("call", "water.drowning", "Er ligt iemand in het water en hij komt niet meer boven"), ("page", "P 1 Waterongeval Maasplassen Roermond duikteam"), ("cad", "water.drowning", "Persoon te water")]),
        ("ramraid-swalmen", "swalmen", 560, [("call", "theft.ram-raid", "Ramkraak bij de juwelier, auto door de pui"), ("alarm", "burglary", "pac-5000"), ("cad", "theft.ram-raid", "Ramkraak")]),
        ("atm-haelen", "haelen", 575, [("call", "explosion.atm", "Enorme knal, de geldautomaat is opgeblazen"), ("call", "explosion.atm", "Plofkraak, twee mannen op een scooter weg"), ("cad", "explosion.atm", "Plofkraak")]),
        ("crowd-outlet", "outlet", 590, [("call", "crowd.pressure", "Het is veel te druk bij de ingang, mensen worden platgedrukt"), ("cam", "crowd", "cam-outlet"), ("cad", "crowd.pressure", "Gedrang bij ingang outlet")]),
        ("missing-opa", "linne", 600, [("call", "person.missing", "Mijn vader van 84 is dement en niet thuisgekomen"), ("cad", "person.missing", "Vermiste man 84 jaar")]),
        ("officer-markt", "munster", 612, [("call", "officer.emergency", "Noodknop collega"), ("cad", "officer.emergency", "Assistentie collega")]),
        ("fire-schuur", "posterholt", 622, [("call", "fire.building", "Schuur met stro in brand"), ("call", "fire.building", "Vlammen bij de boerderij, vee nog binnen"), ("page", "P 1 Brand agrarisch gebouw Posterholt")]),
        ("collision-n280", "n280", 630, [("call", "traffic.collision", "Kop-staart op de N280 bij de brug"), ("cad", "traffic.collision", "Aanrijding materieel N280")]),
        ("hitrun-kapel", "kapellerlaan", 640, [("call", "traffic.hit-and-run", "Auto reed door na een aanrijding met een geparkeerde wagen"), ("cad", "traffic.hit-and-run", "Doorrijden na aanrijding")]),
        ("fire-flat", "donderberg", 645, [("call", "fire.building", "Brand in de flat, derde verdieping"), ("call", "fire.building", "Rook op de galerij"), ("alarm", "fire", "oms-88"), ("cad", "fire.building", "Brand flat")]),
    ]
    for label, where, t, voices in small:
        for i, v in enumerate(voices):
            when, at = t + i * s.r.uniform(0.6, 2.2), P[where]
            if v[0] == "call": s.call(label, when, at, v[1], v[2], 80, **s.r.choice([{}, {"ce": 60}, {"ce": 150}, {"entities": phone(s.r.randrange(10**7))}]))
            elif v[0] == "cad": s.cad(label, when, at, v[1], v[2])
            elif v[0] == "page": s.page(label, when, v[1], at, 60)
            elif v[0] == "alarm": s.alarm(label, when, at, v[1], v[2])
            elif v[0] == "cam": s.cam(label, when, at, v[1], v[2])
    sparse(s, P)
    background(s, 1000, 150, 160)
    s.write()


def sparse(s, P):
    """Other sources, that say less, say it elsewhere, late, or in other words."""
    E = lambda label, m, typ, at=None, err=0, **kw: s.ev(label, m, typ, at, err, **kw)
    call, cad, page = "police.dispatch.call", "police.dispatch.incident", "open.paging.message"
    # No natures, no attributes: only a description and a point.
    l, at = "sparse-fire-thorn", P["thorn"]
    E(l, 670, call, at, 60, description="Brand in een garage achter het huis", src="112/nl")
    E(l, 671, call, at, 90, description="Er komt dikke rook uit de garage van de buren", src="112/nl")
    E(l, 673, page, at, 30, headline="Prio 1 Thorn woningbrand")
    E(l, 674, cad, at, 10, headline="Brand garage", attrs={"state": "active"}, src="gms/limburg")
    E(l, 668.5, "sensor.camera.object", s.move(at, 60, 30), attrs={"label": "fire"}, confidence=68)
    # Only addresses.
    l = "sparse-burglary-wessem"
    E(l, 680, call, description="Inbraak bezig bij nummer 7", address="Burgemeester Joostenlaan 7, Wessem", attrs={"nature": "theft.burglary"})
    E(l, 681, "sensor.alarm.trigger", address="Burg. Joostenlaan 7, Wessem", attrs={"alarm": "burglary", "state": "raised"})
    E(l, 682.5, cad, attrs={"nature": "theft.burglary"}, address="Burgemeester Joostenlaan 7, Wessem")
    # English words, two dispatch systems.
    l, at = "sparse-crash-haelen", P["haelen"]
    E(l, 690, call, at, 80, description="Car crash, two vehicles, one person trapped", language="en", attrs={"nature": "traffic.collision"})
    E(l, 691, cad, at, 20, attrs={"nature": "traffic.collision", "state": "active"}, src="gms/politie")
    E(l, 691.5, cad, at, 40, attrs={"nature": "medical.other", "state": "active", "text": "beknelling na ongeval"}, src="gms/ambulance")
    E(l, 692, page, at, 30, attrs={"text": "A1 Haelen ongeval met beknelling"})
    # Skewed clocks and late arrivals.
    l, at = "sparse-fire-linne", P["linne"]
    s.call(l, 700, at, "fire.vehicle", "vrachtwagen staat in brand langs de weg", 50)
    s.call(l, 697, at, "fire.vehicle", "brandende vrachtwagen", 60, late=330)
    s.cad(l, 704, at, "fire.vehicle", "Brand vrachtauto", late=60)
    s.post(l, 699, "Vrachtwagen in brand bij Linne", at, 250, late=500)
    # A stabbing with a wounded, an ambulance and a post.
    l, at = "sparse-stabbing-weert", P["weert"]
    s.call(l, 715, at, "violence.weapon", "Man is neergestoken", 40)
    E(l, 716, page, at, 60, attrs={"text": "A1 Weert steekincident gewonde"})
    E(l, 717, cad, at, 20, attrs={"nature": "violence.weapon", "text": "Steekpartij"}, src="gms/politie")
    s.post(l, 722, "Heftig, steekpartij in het centrum van Weert, overal politie", at, 150)
    # Neighbours about one party.
    l, at = "sparse-party-horn", P["horn"]
    s.call(l, 730, at, "public.nuisance", "Keiharde muziek van een tuinfeest", 30)
    s.call(l, 738, at, "public.nuisance", "Nog steeds herrie van dat feest, ik kan niet slapen", 40)
    # The same caller twice.
    l, at = "sparse-domestic-reuver", P["reuver"]
    s.call(l, 745, at, "violence.domestic", "Mijn man slaat mij", 20, entities=phone(777001))
    s.call(l, 753, None, "", "waar blijft de politie", 0, entities=phone(777001))
    s.cad(l, 747, at, "violence.domestic", "Huiselijk geweld")
    # Two burglaries 250 m apart, a quarter of an hour apart, with addresses.
    for i, (street, dt) in enumerate((("Kerkstraat 4, Swalmen", 760), ("Brugstraat 21, Swalmen", 776))):
        l, at = f"sparse-burglary-swalmen-{i + 1}", s.move(P["swalmen"], 250 * i, 30)
        s.call(l, dt, at, "theft.burglary", ["er staat iemand in de keuken van de buren", "inbreker over de schutting gevlucht"][i], 15, address=street)
        s.cad(l, dt + 2, at, "theft.burglary", "Inbraak woning", address=street)
    # A robbery and its car, once misread.
    l, at = "sparse-robbery-venlo", P["venlo"]
    s.call(l, 800, at, "theft.robbery", "Overval tankstation, ze rijden weg in een witte Seat HB-553-T", 30, entities=car("HB553T"))
    s.plate(l, 804, P["reuver"], "H8553T", "anpr-reuver", 80, "HB553T")
    s.plate(l, 811, P["a73noord"], "HB553T", "anpr-a73n")
    s.cad(l, 802, at, "theft.robbery", "Overval tankstation")
    s.cad(l, 815, s.move(P["a73noord"], 200, -500), "theft.robbery", "Aanhouding verdachten overval, voertuig HB553T", entities=car("HB553T"))
    # The railway.
    l, at = "sparse-rail-roermond", P["station"]
    s.call(l, 830, at, "rail.incident", "Er ligt iemand op het spoor", 60)
    E(l, 834, "open.rail.disruption", at, headline="Treinverkeer rond Roermond gestremd door een aanrijding met een persoon", attrs={"stations": ["Roermond"]})
    s.cad(l, 832, at, "rail.incident", "Aanrijding persoon")
    # A crash on a motorway at one kilometre post, both ways, eight minutes apart.
    m = P["a2echt"]
    for i, (way, dt) in enumerate((("Eindhoven", 850), ("Maastricht", 858))):
        l = f"sparse-a2-{way.lower()}"
        s.call(l, dt, s.move(m, 25 * i, 60 * i), "traffic.collision", f"Ongeluk op de A2 richting {way}", 60)
        s.call(l, dt + 1.3, s.move(m, 25 * i, 60 * i), "traffic.collision", f"Botsing A2 naar {way}, rechterrijstrook dicht", 80)
    # A warning about a chlorine cloud, and callers who smell it up to 600 m away.
    l, at = "sparse-chlorine-echt", P["echt"]
    s.call(l, 880, at, "hazard.substance", "Bij het zwembad komt chloorgas vrij", 40)
    s.call(l, 883, at, "hazard.substance", "Prikkende ogen, scherpe lucht", 300)
    s.warn(l, 890, "NL-Alert Echt: gevaarlijke stof, blijf binnen", "Gevaarlijke stof", at, 2)
    s.cad(l, 882, at, "hazard.substance", "Ongeval gevaarlijke stoffen")
    # A drone near an aerodrome, a resuscitation, a body in the water.
    l, at = "sparse-medical-maasniel", P["maasniel"]
    E(l, 900, page, at, 20, attrs={"text": "A0 Roermond reanimatie Elmpterweg"})
    s.call(l, 899.5, at, "medical.other", "Mijn vrouw ademt niet meer", 20)
    s.cad(l, 901, at, "medical.other", "Reanimatie")
    l, at = "sparse-water-hatenboer", P["hatenboer"]
    E(l, 915, call, at, 100, attrs={"text": "Er is een kind in het water gevallen bij de jachthaven"})
    E(l, 916, page, at, 60, attrs={"text": "P 1 Kind te water Hatenboer Roermond"})
    s.cad(l, 917, at, "water.rescue", "Persoon te water")
    # A fire of which only smoke is seen, from far, and its true place.
    l, at = "sparse-smoke-leudal", P["leudal"]
    s.call(l, 930, s.move(at, -450, 350), "fire.outdoor", "Rookpluim boven het bos", 50, ce=800)
    s.call(l, 933, at, "fire.outdoor", "Bosbrand, vuur in de onderbegroeiing", 60, ce=50)
    E(l, 936, page, at, 50, attrs={"text": "P 1 Natuurbrand Leudal Haelen"})
    s.cad(l, 938, at, "fire.outdoor", "Natuurbrand")


def heldout():
    s, P = Set("heldout", 42, datetime(2026, 7, 3, 16, 30, tzinfo=timezone.utc)), PLACES
    # A barn fire: the pagers first, calls without category, one source writes only addresses.
    f, at = "barn-roggel", P["roggel"]
    s.page(f, 15, "P 1 BNN-03 BR agrarisch Ophoven 14 Roggel 234131", None, address="Ophoven 14, Roggel")
    s.call(f, 16, at, "fire.building", "stal in lichterlaaie, varkens binnen", 120, ce=200)
    s.cad(f, 16.5, at, "fire.building", "zeer grote brand", address="Ophoven 14, Roggel", src="gms/brandweer")
    s.call(f, 17, s.move(at, -200, 150), "", "ik ruik een enorme brandlucht, rook trekt over de N279", 50)
    s.call(f, 18.2, None, "fire.building", "brand bij de boer op Ophoven", 0, address="Ophoven, Roggel")
    s.post(f, 24, "Vlammen metershoog bij boerderij in Roggel, zwarte rook tot in Heythuysen te zien", s.move(at, 300, -250), 20)
    s.warn(f, 29, "NL-Alert Roggel: sluit ramen en deuren, rook door brand", "Brand", at, 3)
    s.ev(f, 60, "open.news.item", None, headline="Honderden varkens dood bij stalbrand Roggel", attrs={"text": "Bij een grote brand in een varkensstal in Roggel zijn honderden dieren omgekomen."})
    # Two vehicle fires 400 m apart, arson, same quarter of an hour.
    for i, (dx, dt) in enumerate([(0, 40), (400, 46)]):
        l, at = f"arson-{i + 1}", s.move(P["heythuysen"], dx, 0)
        s.call(l, dt, at, "fire.arson", ["Auto in brand gestoken, dader rent weg", "Nog een brandende auto om de hoek"][i], 25, ce=30)
        s.call(l, dt + 1.5, at, "fire.vehicle", ["Busje brandt volledig uit", "Er staat een Opel in de fik"][i], 35, ce=40)
        s.cad(l, dt + 3, at, "fire.vehicle", "autobrand", src="gms/brandweer")
    # A2: two accidents in opposite directions.
    for i, (north, dt, way) in enumerate([(0, 75, "richting Eindhoven"), (-500, 86, "richting Maastricht")]):
        l, at = f"a2-{i + 1}", s.move(P["a2echt"], 0, north)
        s.ev(l, dt, "open.traffic.situation", at, headline=f"Ongeval A2 {way} ter hoogte van Echt, 2 rijstroken dicht", attrs={"road": "A2"})
        s.call(l, dt + 1, at, "traffic.collision", f"vrachtwagen tegen vangrail A2 {way}" if i == 0 else f"kettingbotsing op de A2 {way}, veel blikschade", 120, ce=150)
        s.page(l, dt + 3, f"A1 A2 {way} Echt ongeval", at, 100)
    # A cash machine, seen, heard and paged.
    x, at = "plofkraak-thorn", P["thorn"]
    s.ev(x, 110, "sensor.audio.detection", at, attrs={"label": "explosion", "device": "mic-thorn"}, confidence=91)
    s.alarm(x, 110.2, at, "burglary", "bank-4471", address="Hoogstraat 9, Thorn")
    s.call(x, 110.8, at, "explosion.atm", "harde explosie, glas overal, plofkraak bij de bank", 60, ce=60)
    s.call(x, 111.5, at, "explosion.other", "ontploffing in het centrum van Thorn", 90)
    s.cad(x, 112.5, at, "explosion.atm", "plofkraak", address="Hoogstraat 9, Thorn")
    s.plate(x, 116, s.move(at, 2500, 300), "NT83KL", "anpr-n273") if False else None
    # A woman in the Maas at Wessem: witnesses on both banks.
    d, at = "drenkeling-wessem", P["wessem"]
    s.call(d, 140, at, "water.drowning", "vrouw in de Maas, ze gaat kopje onder", 60, ce=100)
    s.call(d, 141, s.move(at, 220, 60), "water.drowning", "ik zie iemand drijven vanaf de overkant", 30, ce=50)
    s.page(d, 142, "P 1 Persoon te water Maas Wessem", at, 80)
    s.cad(d, 143, at, "water.drowning", "drenkeling")
    # Missing man; an unrelated welfare check two streets further.
    m = "vermist-echt"
    s.call(m, 160, P["echt"], "person.missing", "mijn man is gaan fietsen en niet terug, hij is suikerpatiënt", 20)
    s.cad(m, 165, P["echt"], "person.missing", "vermissing, man 61, rode fiets")
    s.post(m, 180, "VERMIST in Echt: man 61 jaar op rode fiets, bel 112", P["echt"], 300)
    s.call("welzijn-echt", 168, s.move(P["echt"], 150, 100), "public.other", "buurvrouw doet al twee dagen niet open", 20)
    # Robbery with a getaway car which is seen by plate readers.
    r, at = "overval-weert", P["weert"]
    s.alarm(r, 200, at, "hold-up", "pac-weert-3")
    s.call(r, 200.5, at, "theft.robbery", "gewapende overval op de juwelier, ze zijn weg in een grijze Audi RV-21-DK", 50, entities=car("RV21DK"))
    s.call(r, 202, at, "theft.robbery", "overvallers kwamen uit de winkel gerend", 60)
    s.plate(r, 206, P["n273"], "RV21DK", "anpr-horn")
    s.plate(r, 214, P["n280"], "RV21DK", "anpr-n280")
    s.cad(r, 203, at, "theft.robbery", "overval juwelier", entities=car("RV21DK"))
    # Festival: crowd pressure, then a fight at the other side of the grounds.
    c, at = "festival-druk", P["leudal"]
    s.cam(c, 230, at, "crowd", "cam-festival-1", 88)
    s.call(c, 231, at, "crowd.pressure", "het loopt helemaal vast bij de ingang van het festival", 60)
    s.cad(c, 233, at, "crowd.pressure", "gedrang ingang festival")
    w, at = "festival-vechten", s.move(P["leudal"], 500, 100)
    s.call(w, 236, at, "violence.fight", "grote vechtpartij bij de bar", 40, ce=50)
    s.call(w, 237, at, "violence.fight", "mannen op de vuist bij het hoofdpodium", 60)
    s.cad(w, 238, at, "violence.fight", "vechtpartij festival")
    # Flooding after a cloudburst.
    for i, (where, dt) in enumerate([("posterholt", 260), ("reuver", 264)]):
        l = f"wateroverlast-{where}"
        s.call(l, dt, P[where], "water.flood", "water komt door de voordeur naar binnen", 60)
        s.call(l, dt + 2, P[where], "water.flood", "putdeksels komen omhoog, straat onder water", 90, ce=100)
        if i: s.page(l, dt + 3, f"P 2 Wateroverlast {where.title()}", P[where], 60, 2)
        else: s.cad(l, dt + 3, P[where], "water.flood", "wateroverlast woning")
    # Gas, with evacuation.
    g, at = "gas-venlo", P["venlo"]
    s.alarm(g, 290, at, "gas", "gas-31", address="Tegelseweg 10, Venlo")
    s.call(g, 291, at, "gas.leak", "wij ruiken gas in de flat", 40)
    s.page(g, 292, "P 1 Gaslucht binnen Tegelseweg 10 Venlo", at)
    s.cad(g, 293, at, "gas.leak", "gaslucht flat", address="Tegelseweg 10, Venlo")
    # A train and a car.
    t, at = "overweg-haelen", P["haelen"]
    s.call(t, 310, at, "traffic.collision", "trein heeft een auto geraakt op de overweg", 60)
    s.call(t, 310.8, at, "traffic.collision", "aanrijding met trein bij Haelen", 150, ce=300)
    s.ev(t, 316, "open.rail.disruption", at, headline="Geen treinverkeer Weert - Roermond door aanrijding", attrs={"nature": "accident", "stations": ["Weert", "Roermond"]})
    s.cad(t, 313, at, "traffic.collision", "aanrijding trein - auto")
    # Burglaries in one street, three quarters of an hour apart; a restored alarm beside.
    for i, dt in enumerate((340, 385)):
        l, at = f"inbraak-horn-{i + 1}", s.move(P["horn"], 250 * i, 0)
        s.call(l, dt, at, "theft.burglary", ["mannen met koevoet bij de achterdeur van nummer 12", "inbraak gaande, ik hoor glas breken bij nummer 40"][i], 20, ce=25)
        s.cad(l, dt + 2, at, "theft.burglary", "inbraak woning heterdaad")
    s.alarm("loos-alarm-horn", 341, s.move(P["horn"], -400, 300), "burglary", "pac-99")
    s.alarm("loos-alarm-horn", 343, s.move(P["horn"], -400, 300), "burglary", "pac-99", "restored")
    # A vessel adrift, seen only by position and by VHF incident.
    v = "stuurloos-ool"
    for i in range(3):
        s.ev(v, 400 + i, "sensor.vessel.position", s.move(P["ool"], 60 * i - 300, 200 * i - 350), subject="211512345", track={"speed": 2.6, "course": 25},
             entities=[{"type": "vessel", "value": "211512345"}], attrs={"status": "not under command", "name": "RHEINLAND"})
    s.cad(v, 402, P["ool"], "water.hazard", "vrachtschip stuurloos bij sluis Ool", entities=[{"type": "vessel", "value": "211512345"}])
    s.call(v, 403, P["ool"], "water.hazard", "schip drijft op de sluis af", 80)
    background(s, 430, 60, 60)
    s.write()


if __name__ == "__main__":
    tuned()
    heldout()
