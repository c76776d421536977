"""Who works at the demo company, a parcel and machine-service house in the north."""

from portal.demo.story import Person

PASSWORD = "throughline-demo"  # noqa: S105  # shown on the sign-in page; used only where DEMO is on

DEPARTMENTS = {
    "parcels": "Parcel Operations",
    "service": "Customer Service",
    "works": "Manufacturing",
    "supply": "Supply and Spare Parts",
    "sales": "Sales",
    "lab": "Model Lab",
    "data": "Data Office",
    "finance": "Finance",
}

ROLES = {  # code: name, price of an hour
    "ml-engineer": ("ML engineer", 78),
    "data-engineer": ("Data engineer", 69),
    "expert": ("Process expert", 58),
    "controller": ("Controller", 64),
    "lead": ("Portfolio lead", 92),
}

CAST = (
    Person("katrin.vogel", "manager", "Portfolio manager", "lab", "lead", is_admin=True),
    Person("ruben.castillo", "finance", "Head of controlling", "finance", "controller"),
    Person("lena.hoffmann", "engineer", "Lead engineer", "lab", "ml-engineer"),
    Person("paul.adeyemi", "engineer", "Machine-learning engineer", "lab", "ml-engineer"),
    Person("mei.tanaka", "engineer", "Data owner", "data", "data-engineer"),
    Person("tomasz.nowak", "engineer", "Demand planner", "supply", "expert"),
    Person("ingrid.solberg", "engineer", "Quality engineer", "works", "expert"),
    Person("marco.bianchi", "engineer", "Process owner, invoices", "finance", "expert", fte_percent=60),
    Person("karin.lindqvist", "engineer", "Maintenance engineer", "works", "expert"),
    Person("sofia.marques", "engineer", "Retention lead", "sales", "expert"),
    Person("daniel.okafor", "engineer", "Pricing analyst", "sales", "expert", fte_percent=60),
    Person("vera.blank", "viewer", "Works council", "parcels", "expert"),
)
