/* Numbers of figures as JSON in the page; drawn when they are asked for. */
#include "harness/report/page/html_live.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 300 };

static bool plain(enum figure_layer layer)
{
	return layer == FIGURE_LINE || layer == FIGURE_STROKE || layer == FIGURE_LEVEL ||
	       layer == FIGURE_STEPS || layer == FIGURE_RANGES || layer == FIGURE_CROSSES;
}

static bool suits(const struct figure_panel *panel)
{
	bool all = figure_drawn(panel) && panel->x.name_count == 0;

	for (const struct figure_curve *c = panel->first; c; c = c->next)
		all = all && (c->count == 0 || plain(c->layer));
	return all;
}

/* A string of JSON that holds no end of a script element. */
static void put_string(const char *text, FILE *to)
{
	char shown[PRINTABLE_BYTES];

	putc('"', to);
	while (text && *text) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\' || c == '<') {
			fprintf(to, "\\u%04x", c);
			text++;
		} else {
			printable_next(&text, shown);
			if (*shown == '\\')
				putc('\\', to);
			fputs(shown, to);
		}
	}
	putc('"', to);
}

static void put_number(double value, FILE *to)
{
	if (isfinite(value))
		fprintf(to, "%.5g", value);
	else
		fputs("null", to);
}

/* x, y, low, high of each row; low and high are null where a row has none. */
static void put_curve(const struct figure_curve *curve, FILE *to)
{
	size_t step = curve->count / MOST_ROWS + 1, numbers = figure_numbers(curve->layer);
	size_t low = curve->layer == FIGURE_CROSSES ? 4 : 2;

	fputs("{\"n\":", to);
	put_string(curve->label ? curve->label : curve->title, to);
	fputs(",\"t\":", to);
	put_string(curve->title, to);
	fputs(",\"c\":", to);
	put_string(curve->color ? curve->color : "#0072B2", to);
	fprintf(to, ",\"l\":%d,\"d\":[",
		curve->layer != FIGURE_RANGES && curve->layer != FIGURE_CROSSES);
	for (size_t i = 0; i < curve->count; i += step)
		for (size_t k = 0; k < 4; k++) {
			size_t at = k < 2 ? k : low + k - 2;

			if (i || k)
				putc(',', to);
			put_number(at < numbers ? curve->at[i * numbers + at] : NAN, to);
		}
	fputs("]}", to);
}

static void put_panel(const struct figure_panel *panel, FILE *to)
{
	struct figure_extent x = figure_extent(panel, FIGURE_X);
	const char *gap = "";

	fputs("{\"t\":", to);
	put_string(panel->title, to);
	fputs(",\"k\":", to);
	put_string(panel->name, to);
	fputs(",\"x\":", to);
	put_string(panel->x.label, to);
	fputs(",\"y\":", to);
	put_string(panel->y.label, to);
	fprintf(to, ",\"lx\":%d,\"ly\":%d,\"c\":[", figure_is_log(panel->x.scale, x.low, x.high),
		figure_log_y(panel));
	for (const struct figure_curve *c = panel->first; c; c = c->next)
		if (c->count) {
			fputs(gap, to);
			put_curve(c, to);
			gap = ",";
		}
	fputs("]}", to);
}

void html_live(const struct figure *figure, FILE *to)
{
	const char *gap = "";

	for (const struct figure_panel *p = figure ? figure->first : NULL; p; p = p->next) {
		if (!suits(p))
			continue;
		fputs(*gap ? gap
			   : "<details class=\"live\"><summary>Values, curves and scales"
			     "</summary><script type=\"application/json\">[",
		      to);
		put_panel(p, to);
		gap = ",";
	}
	if (*gap)
		fputs("]</script></details>\n", to);
}

/* clang-format off */
const char html_live_drawing[] =
	"function svgNode(parent,name,set,text){\n"
	"var node=document.createElementNS('http://www.w3.org/2000/svg',name);\n"
	"for(var key in set)node.setAttribute(key,set[key]);\n"
	"if(text!==undefined)node.textContent=text;parent.appendChild(node);return node}\n"
	"function scaleOf(values,log,from,to){\n"
	"values=values.filter(function(v){return v!==null&&(!log||v>0)});\n"
	"var f=log?Math.log10:Number,low=f(Math.min.apply(null,values)),"
	"high=f(Math.max.apply(null,values)),tics=[],step;\n"
	"if(!(high>low)){low-=.5;high+=.5}\n"
	"step=Math.pow(10,Math.floor(Math.log10((high-low)/3)));\n"
	"if((high-low)/step>10)step*=2;if((high-low)/step>6)step*=2.5;\n"
	"var whole=!log||high-low>=2;if(log)step=whole?Math.ceil((high-low)/6):(high-low)/4;\n"
	"for(var t=whole?Math.ceil(low/step)*step:low;t<=high+step*1e-6;t+=step)"
	"tics.push(log?Math.pow(10,t):t);\n"
	"return{tics:tics,at:function(v){return v===null||log&&!(v>0)?null:"
	"from+(to-from)*(f(v)-low)/(high-low)}}}\n"
	"function cellsLike(text){\n"
	"var all=(document.getElementById('cells')||document.body).textContent.toLowerCase();\n"
	"var words=text.split(/[\\s,:]+/).filter(function(w){"
	"return w&&all.indexOf(w.toLowerCase())>=0});\n"
	"location.hash='filter=cells,'+encodeURIComponent(words.join(' '))}\n"
	"function drawPanel(box,panel,off,logX,logY,say){\n"
	"var W=560,H=320,L=64,R=548,T=26,B=272,col=[[],[]],points=[],chosen=-1;\n"
	"var shown=panel.c.filter(function(c){return!off[c.n]});\n"
	"shown.forEach(function(c){c.d.forEach(function(v,i){col[i%4?1:0].push(v)})});\n"
	"if(!shown.length)return;\n"
	"var sx=scaleOf(col[0],logX,L,R),sy=scaleOf(col[1],logY,B,T);\n"
	"var svg=svgNode(box,'svg',{viewBox:'0 0 '+W+' '+H,tabindex:0,role:'application',"
	"'aria-label':panel.t+', arrow keys go from point to point, enter leads to its cells'});\n"
	"svgNode(svg,'text',{x:W/2,y:14,'text-anchor':'middle'},panel.t);\n"
	"svgNode(svg,'text',{x:(L+R)/2,y:H-10,'text-anchor':'middle'},panel.x);\n"
	"svgNode(svg,'text',{x:14,y:(T+B)/2,'text-anchor':'middle',"
	"transform:'rotate(-90 14 '+(T+B)/2+')'},panel.y);\n"
	"svgNode(svg,'path',{d:'M'+L+' '+T+'V'+B+'H'+R,fill:'none',stroke:'currentColor'});\n"
	"sx.tics.forEach(function(t){svgNode(svg,'text',{x:sx.at(t),y:B+16,"
	"'text-anchor':'middle'},+t.toPrecision(2))});\n"
	"sy.tics.forEach(function(t){svgNode(svg,'text',{x:L-6,y:sy.at(t)+4,"
	"'text-anchor':'end'},+t.toPrecision(2))});\n"
	"shown.forEach(function(c){var path='',pen='M';\n"
	"for(var i=0;i<c.d.length;i+=4){var x=sx.at(c.d[i]),y=sy.at(c.d[i+1]);\n"
	"if(x===null||y===null){pen='M';continue}\n"
	"path+=pen+x.toFixed(1)+' '+y.toFixed(1);pen='L';\n"
	"points.push({x:x,y:y,c:c,d:c.d.slice(i,i+4)});\n"
	"if(!c.l)svgNode(svg,'circle',{cx:x,cy:y,r:3.5,fill:c.c})}\n"
	"if(c.l)svgNode(svg,'path',{d:path,fill:'none',stroke:c.c,'stroke-width':2})});\n"
	"var ring=svgNode(svg,'circle',{r:6,fill:'none',stroke:'currentColor','stroke-width':2,"
	"visibility:'hidden'});\n"
	"function choose(i){var p=points[i];if(!p)return;chosen=i;\n"
	"ring.setAttribute('cx',p.x);ring.setAttribute('cy',p.y);"
	"ring.setAttribute('visibility','visible');\n"
	"say.textContent=p.c.n+': '+panel.x+' '+p.d[0]+', '+panel.y+' '+p.d[1]+"
	"(p.d[2]===null?'':' ('+p.d[2]+' to '+p.d[3]+')')}\n"
	"function go(){var p=points[chosen];if(p)cellsLike(panel.k+' '+p.c.t)}\n"
	"svg.addEventListener('pointermove',function(event){\n"
	"var r=svg.getBoundingClientRect(),x=(event.clientX-r.left)*W/r.width,"
	"y=(event.clientY-r.top)*H/r.height,best=-1,least=Infinity;\n"
	"points.forEach(function(p,i){var far=(p.x-x)*(p.x-x)+(p.y-y)*(p.y-y);\n"
	"if(far<least){least=far;best=i}});choose(best)});\n"
	"svg.addEventListener('click',go);\n"
	"svg.addEventListener('keydown',function(event){\n"
	"var by=event.key==='ArrowRight'?1:event.key==='ArrowLeft'?-1:0;\n"
	"if(by){event.preventDefault();choose((chosen+by+points.length)%points.length)}\n"
	"if(event.key==='Enter')go()})}\n";

const char html_live_controls[] =
	"document.querySelectorAll('details.live').forEach(function(live){\n"
	"live.addEventListener('toggle',function(){\n"
	"if(!live.open||live.dataset.made)return;live.dataset.made=1;\n"
	"var panels=JSON.parse(live.querySelector('script').textContent),off={},"
	"logX=panels[0].lx,logY=panels[0].ly,bar=document.createElement('p'),"
	"say=document.createElement('p'),box=document.createElement('div');\n"
	"say.setAttribute('role','status');say.textContent='A point shows its values; "
	"it leads to its cells.';\n"
	"function draw(){box.textContent='';panels.forEach(function(p){"
	"drawPanel(box,p,off,logX,logY,say)})}\n"
	"function button(text,on,color,act){var b=document.createElement('button');\n"
	"b.type='button';b.textContent=text;b.setAttribute('aria-pressed',on);\n"
	"if(color)b.style.borderLeft='10px solid '+color;\n"
	"b.addEventListener('click',function(){on=!on;b.setAttribute('aria-pressed',on);"
	"act(on);draw()});bar.appendChild(b)}\n"
	"button('log x',!!logX,'',function(on){logX=on});\n"
	"button('log y',!!logY,'',function(on){logY=on});\n"
	"var seen={};panels.forEach(function(p){p.c.forEach(function(c){if(seen[c.n])return;"
	"seen[c.n]=1;button(c.n,true,c.c,function(on){off[c.n]=!on})})});\n"
	"live.append(bar,say,box);draw()})});\n"
	"if(/&?open/.test(location.hash))document.querySelectorAll('details.live')"
	".forEach(function(live){live.open=true});\n";
/* clang-format on */
