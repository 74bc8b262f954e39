import 'maplibre-gl/dist/maplibre-gl.css';
import './style.css';
import './fonts';
import { mount } from 'svelte';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
